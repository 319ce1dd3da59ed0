"""The benchmark's vision transformer with mixture-of-experts blocks, in eager PyTorch.

Axes: B images, S patches, D width, H heads, E experts, K selected experts, N = B*S tokens.
Parameter names and shapes are those of the safetensors file that both sides load.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

PATCH = 4
HEADS = 8
BLOCKS = 4
CLASSES = 10
TOKENS = 49


class Attention(nn.Module):
    def __init__(self, width: int):
        super().__init__()
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        b, s, d = x.shape
        q, k, v = self.qkv(x).view(b, s, 3, HEADS, d // HEADS).permute(2, 0, 3, 1, 4)
        y = F.scaled_dot_product_attention(q, k, v)  # [B, H, S, D/H]
        return self.proj(y.transpose(1, 2).reshape(b, s, d))


class Expert(nn.Module):
    def __init__(self, width: int):
        super().__init__()
        self.fc1 = nn.Linear(width, 4 * width)
        self.fc2 = nn.Linear(4 * width, width)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc2(F.gelu(self.fc1(x)))


class MixtureOfExperts(nn.Module):
    """Softmax over all experts, the K largest, renormalised to sum 1; no token is dropped."""

    def __init__(self, width: int, experts: int, selected: int):
        super().__init__()
        self.selected = selected
        self.router = nn.Linear(width, experts, bias=False)
        self.experts = nn.ModuleList(Expert(width) for _ in range(experts))

    def forward(self, x: Tensor) -> Tensor:
        b, s, d = x.shape
        x = x.view(b * s, d)
        probabilities = self.router(x).softmax(-1)  # [N, E]
        weights, ids = probabilities.topk(self.selected, dim=-1)  # [N, K]
        weights = weights / weights.sum(-1, keepdim=True)

        # One sort groups the (token, slot) pairs by expert; counts are read once.
        order = ids.view(-1).argsort(stable=True)  # [N*K]
        counts = torch.bincount(ids.view(-1), minlength=len(self.experts)).tolist()
        tokens = order // self.selected
        grouped = x.index_select(0, tokens)  # [N*K, D]
        # An expert without tokens also runs and gets zero gradients. Skipping it would leave no
        # gradients, and AdamW would skip its weights.
        y = torch.cat([e(part) for e, part in zip(self.experts, grouped.split(counts))])
        y = y * weights.view(-1, 1).index_select(0, order)
        return torch.zeros_like(x).index_add(0, tokens, y).view(b, s, d)


class Block(nn.Module):
    def __init__(self, width: int, experts: int, selected: int):
        super().__init__()
        self.norm1 = nn.LayerNorm(width)
        self.attn = Attention(width)
        self.norm2 = nn.LayerNorm(width)
        self.moe = MixtureOfExperts(width, experts, selected)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attn(self.norm1(x))
        return x + self.moe(self.norm2(x))


class VitMoe(nn.Module):
    def __init__(self, width: int, experts: int, selected: int):
        super().__init__()
        self.patch_embed = nn.ModuleDict({"proj": nn.Conv2d(1, width, PATCH, PATCH)})
        self.pos_embed = nn.Parameter(torch.zeros(1, TOKENS, width))
        self.blocks = nn.ModuleList(Block(width, experts, selected) for _ in range(BLOCKS))
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, CLASSES)

    def forward(self, images: Tensor) -> Tensor:
        side = images.shape[-1] // PATCH
        patches = images.view(-1, side, PATCH, side, PATCH).transpose(2, 3)
        patches = patches.reshape(-1, side * side, PATCH * PATCH)  # [B, S, 16]
        proj = self.patch_embed["proj"]
        x = F.linear(patches, proj.weight.flatten(1), proj.bias) + self.pos_embed
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x).mean(1))
