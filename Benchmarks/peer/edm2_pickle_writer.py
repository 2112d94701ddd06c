"""Writes a network of edm2_network in the layout of EDM2's .pkl checkpoints: as edm_pickle_writer, other classes."""

import edm_pickle_writer
from edm_pickle_writer import EasyDict, Layout, Record
from networks.edm2_network import Architecture, Block, Denoiser, MPConv, MPFourier, UNet


class Writer(edm_pickle_writer.Writer):
    def content(self):
        plain = dict(_init_args=(), _init_kwargs={})
        return EasyDict(
            encoder=Record("StandardRGBEncoder", plain),
            dataset_kwargs=EasyDict(class_name="training.dataset.ImageFolderDataset", use_labels=True),
            loss_fn=Record("EDM2Loss", dict(P_mean=-0.8, P_std=1.6, sigma_data=0.5, **plain)),
            ema=self.record(self.root),
        )

    def stored(self, tensor, buffer=False):
        """Buffers are converted with everything else."""
        return super().stored(tensor)

    def record(self, module):
        class_name, attributes, arguments, kwargs = self.description(module)
        state = self.module_state(module)
        state.update(attributes)
        state.update(_init_args=arguments, _init_kwargs=kwargs)
        return Record(class_name, state)

    def description(self, module):
        if isinstance(module, Denoiser):
            a = module.architecture
            outer = dict(img_resolution=a.img_resolution, img_channels=a.img_channels, label_dim=a.label_dim)
            return "Precond", dict(outer, use_fp16=True, sigma_data=a.sigma_data), (), dict(self.options(a), use_fp16=True)
        if isinstance(module, UNet):
            a = module.a
            attributes = dict(label_balance=a.label_balance, concat_balance=a.concat_balance)
            return "UNet", attributes, (), {k: v for k, v in self.options(a).items() if k != "sigma_data"}
        if isinstance(module, Block):
            return self.block(module)
        if isinstance(module, MPConv):
            kwargs = dict(kernel=[module.kernel] * 2 if module.kernel else [])
            return "MPConv", dict(out_channels=module.outputs), (module.inputs, module.outputs), kwargs
        if isinstance(module, MPFourier):
            return "MPFourier", {}, (module.channels,), {}
        raise TypeError(f"no description of {type(module).__name__}")

    def options(self, a):
        """Those that differ from the defaults, which the constructors fill in, and the first three."""
        default = Architecture(a.img_resolution, a.img_channels)
        given = {}
        for name, value in vars(a).items():
            if name in ("img_resolution", "img_channels", "label_dim") or value != getattr(default, name):
                given[name] = list(value) if isinstance(value, tuple) else value
        return given

    def block(self, module):
        a = module.a
        attributes = dict(
            out_channels=module.outputs, flavor=module.flavor, resample_filter=list(a.resample_filter),
            resample_mode=module.mode, num_heads=module.heads, dropout=0.0, res_balance=a.res_balance,
            attn_balance=a.attn_balance, clip_act=a.clip_act,
        )  # fmt: skip
        for name in ("conv_skip", "attn_qkv", "attn_proj"):
            if getattr(module, name) is None:
                attributes[name] = None
        kwargs = dict(flavor=module.flavor, attention=module.attention)
        if module.mode != "keep":
            kwargs["resample_mode"] = module.mode
        return "Block", attributes, (module.inputs, module.outputs, a.embedding_channels), kwargs


def write(denoiser, path, layout=Layout()):
    Writer(denoiser, layout).write(path)
