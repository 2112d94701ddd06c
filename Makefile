# make install PREFIX=/usr/local: the tool with its bundled model and data.
PREFIX ?= /usr/local
BUILD := .build/release

.PHONY: build install uninstall test format lint

build:
	swift build -c release --product ndc

install: build
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/ndc
	install -m 755 $(BUILD)/ndc $(DESTDIR)$(PREFIX)/bin/ndc
	cp -R Resources/. $(DESTDIR)$(PREFIX)/share/ndc/

uninstall:
	rm -f $(DESTDIR)$(PREFIX)/bin/ndc
	rm -rf $(DESTDIR)$(PREFIX)/share/ndc

test:
	./test.sh

format:
	swift format -i -r Package.swift Sources Tests

lint:
	swift format lint --strict -r Package.swift Sources Tests
