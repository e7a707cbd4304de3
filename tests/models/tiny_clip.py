"""A CLIP model of open_clip's, small and of random weights, in a folder."""

import json
from pathlib import Path

from rushes_models.weights import need

CONFIG = {
    "embed_dim": 64,
    "vision_cfg": {"image_size": 64, "layers": 2, "width": 64, "head_width": 32, "patch_size": 16},
    "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 64, "heads": 2, "layers": 2},
}


def write_tiny(folder: Path) -> str:
    """Writes the architecture and the weights; the model's name for the settings."""
    torch, open_clip = need("torch"), need("open_clip")
    architecture, weights = folder / "tiny-clip.json", folder / "tiny-clip.pt"
    architecture.write_text(json.dumps(CONFIG))
    open_clip.add_model_config(architecture)
    torch.manual_seed(0)
    torch.save(open_clip.create_model("tiny-clip").state_dict(), weights)
    return f"open-clip:{architecture}:{weights}"
