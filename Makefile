# make install PREFIX=/usr/local: the tool with its bundled model and data, and its manual pages where `make man` wrote them.
PREFIX ?= /usr/local
BUILD := .build/release
MAN := .build/man
# Examples share the scratch folder, so that the library is not built twice.
EXAMPLES := swift build -c release --package-path Examples --scratch-path .build

.PHONY: build install uninstall test format lint examples docs man fuzz dist wheel

build:
	swift build -c release --product ndc

install: build
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/ndc
	install -m 755 $(BUILD)/ndc $(DESTDIR)$(PREFIX)/bin/ndc
	cp -R Resources/. $(DESTDIR)$(PREFIX)/share/ndc/
	if [ -d $(MAN) ]; then \
	  install -d $(DESTDIR)$(PREFIX)/share/man/man1 && \
	  install -m 644 $(MAN)/*.1 $(DESTDIR)$(PREFIX)/share/man/man1/; \
	fi

uninstall:
	rm -f $(DESTDIR)$(PREFIX)/bin/ndc
	rm -rf $(DESTDIR)$(PREFIX)/share/ndc
	rm -f $(DESTDIR)$(PREFIX)/share/man/man1/ndc.1 $(DESTDIR)$(PREFIX)/share/man/man1/ndc.*.1

test:
	./test.sh

format:
	swift format -i -r Package.swift Sources Tests Examples Fuzz

lint:
	swift format lint --strict -r Package.swift Sources Tests Examples Fuzz

# Builds and runs the examples.
examples:
	$(EXAMPLES) --product certify-digit
	$(EXAMPLES) --product own-denoiser
	$(BUILD)/certify-digit
	$(BUILD)/own-denoiser

# DocC pages of every public module, as a static site in .build/documentation.
docs: build
	swift build -c release --target NoisedDiffusionClassifiers
	Scripts/make-documentation.sh

# ndc(1) and a page for each command, from the commands themselves.
man: build
	swift build -c release --product generate-manual
	mkdir -p $(MAN)
	$(BUILD)/generate-manual $(BUILD)/ndc --multi-page --output-directory $(MAN)
	@echo "wrote $(MAN)"

# make fuzz SECONDS=600 TARGET=pickle: every parser without TARGET, a minute each without SECONDS.
SECONDS ?= 60
TARGET ?= all
fuzz:
	Scripts/fuzz.sh $(SECONDS) $(TARGET)

# A release of this machine's build: a tarball that needs no Swift, and a wheel that pip installs without a compiler.
dist: build
	Packaging/dist.sh

wheel: build
	Packaging/stage.sh .build/dist/wheel
	Packaging/wheel.py .build/dist/wheel .build/dist
