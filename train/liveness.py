"""Trains the two small networks of the pack `liveness` on samples that `npm run train -- liveness` prepared.

Reads FOLDER/samples.jsonl, face.raw and scene.raw; writes scores.jsonl (each sample judged by networks that saw nobody of
its group), face.pth and scene.pth (trained on everything). Prepares no pictures and decides no threshold.
"""

import argparse
import json
import os
import time
import zlib

import numpy
import torch
from torch import nn
from torch.nn import functional

CROPS = ("face", "scene")
SIDE = 96
CHANNELS = (16, 32, 32, 48, 48, 64, 72)
STRIDES = (2, 2, 1, 2, 1, 2, 1)
BATCH = 64
PEAK_RATE = 3e-3
WEIGHT_DECAY = 2e-2
# How much a sample counts is divided among the samples of its kind: what is there in plenty teaches no more than the rest.
SHARES = {
    ("nuaa", "live"): 0.9,
    ("nuaa", "real print"): 0.9,
    ("nuaa", "print"): 0.7,
    ("nuaa", "screen"): 0.4,
    ("with mask", "live"): 0.6,
    ("without mask", "live"): 0.8,
    ("with mask", "print"): 0.4,
    ("without mask", "print"): 0.4,
    ("with mask", "screen"): 0.25,
    ("without mask", "screen"): 0.25,
    ("celeba", "live"): 0.8,
    ("celeba", "print"): 0.25,
    ("celeba", "screen"): 0.25,
    ("photographs", "live"): 1.5,
    ("photographs", "print"): 0.8,
    ("photographs", "screen"): 0.5,
}


class Network(nn.Module):
    """Convolutions with batch normalisation, the mean over all places, one logit."""

    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList()
        inputs = 3
        for outputs, stride in zip(CHANNELS, STRIDES):
            layer = nn.Module()
            layer.conv = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
            layer.bn = nn.BatchNorm2d(outputs)
            self.layers.append(layer)
            inputs = outputs
        self.linear = nn.Linear(inputs, 1)

    def forward(self, pictures):
        values = pictures
        for layer in self.layers:
            values = functional.relu(layer.bn(layer.conv(values)))
        pooled = functional.dropout(values.mean((2, 3)), 0.2, self.training)
        return self.linear(pooled)[:, 0]


def kind_of(sample):
    if sample["isLive"]:
        return "live"
    return sample["kind"] if sample["kind"] in ("print", "screen") else "real print"


def fold_of(group, folds):
    """People of NUAA are few and numbered: they are dealt out in turn. The others by a checksum of the name."""
    number = group.removeprefix("nuaa-")
    return int(number) % folds if number.isdigit() else zlib.crc32(group.encode()) % folds


def load(folder):
    with open(os.path.join(folder, "samples.jsonl"), encoding="utf8") as file:
        samples = [json.loads(line) for line in file]
    shape = (len(samples), 3, SIDE, SIDE)
    crops = [
        torch.from_numpy(numpy.fromfile(os.path.join(folder, f"{name}.raw"), numpy.uint8, numpy.prod(shape)).reshape(shape))
        for name in CROPS
    ]
    return samples, crops


def uniform(low, high, *shape):
    return low + (high - low) * torch.rand(shape)


def some(count, probability):
    return torch.rand(count) < probability


BLUR = torch.tensor([1.0, 2.0, 1.0])
BLUR = (BLUR[:, None] * BLUR[None, :] / 16).expand(3, 1, 3, 3).contiguous()


def coarsen(pictures):
    """As a picture of fewer pixels would look, made larger again."""
    side = int(uniform(36, 90, 1))
    mode = "area" if torch.rand(1) < 0.6 else "bilinear"
    small = functional.interpolate(pictures, (side, side), mode=mode)
    return functional.interpolate(small, (SIDE, SIDE), mode="bilinear", align_corners=False)


def turn(pictures):
    """Leaning, shifted, smaller, on black or another colour: the edge of a picture is not that of a sheet."""
    count = len(pictures)
    angle, scale = uniform(-0.22, 0.22, count), uniform(0.95, 1.4, count)
    cosine, sine = torch.cos(angle) * scale, torch.sin(angle) * scale
    shift_x, shift_y = uniform(-0.2, 0.2, count), uniform(-0.2, 0.2, count)
    maps = torch.stack([torch.stack([cosine, -sine, shift_x], 1), torch.stack([sine, cosine, shift_y], 1)], 1)
    grid = functional.affine_grid(maps, pictures.shape, align_corners=False)
    fill = torch.where(some(count, 0.65)[:, None, None, None], torch.tensor(-1.0), uniform(-1, 1, count, 3, 1, 1))
    return functional.grid_sample(pictures - fill, grid, align_corners=False) + fill


def hide(pictures):
    """A grey rectangle: no single place may decide."""
    high, wide = (int(uniform(10, 48, 1)) for _ in range(2))
    top, left = int(uniform(0, SIDE - high, 1)), int(uniform(0, SIDE - wide, 1))
    pictures[:, :, top : top + high, left : left + wide] = uniform(-1, 1, len(pictures), 3, 1, 1)
    return pictures


def augment(pictures, colours):
    """The same changes of light, colour, sharpness and noise for real faces and attacks, so that none of them tells."""
    count = len(pictures)
    gain, lift, saturation, balance = colours
    values = pictures.float() / 127.5 - 1
    grey = values.mean(1, keepdim=True)
    values = ((grey + (values - grey) * saturation) * balance * gain + lift).clamp(-1, 1)
    for change, probability in ((turn, 0.4), (lambda part: functional.conv2d(part, BLUR, padding=1, groups=3), 0.25), (coarsen, 0.3)):
        chosen = some(count, probability)
        if chosen.any():
            values[chosen] = change(values[chosen])
    noise = uniform(0, 0.06, count, 1, 1, 1) * some(count, 0.4)[:, None, None, None]
    values = values + noise * torch.randn_like(values)
    chosen = some(count, 0.2)
    if chosen.any():
        values[chosen] = hide(values[chosen])
    return values


def draw_colours(count):
    return (
        uniform(0.75, 1.25, count, 1, 1, 1),
        uniform(-0.15, 0.15, count, 1, 1, 1),
        uniform(0.6, 1.4, count, 1, 1, 1),
        uniform(0.93, 1.07, count, 3, 1, 1),
    )


def targets_of(samples):
    """Labels, softened: a network that is sure of everything learns no more."""
    labels = torch.tensor([float(sample["isLive"]) for sample in samples])
    return labels * 0.94 + 0.03


def weights_of(samples, chosen):
    cells = [(samples[at]["set"], kind_of(samples[at])) for at in chosen]
    counts = {cell: cells.count(cell) for cell in set(cells)}
    return torch.tensor([SHARES[cell] / counts[cell] for cell in cells], dtype=torch.double)


def train(samples, crops, chosen, steps, seed):
    """Networks trained on batches of the chosen samples."""
    torch.manual_seed(seed)
    networks = nn.ModuleList(Network() for _ in CROPS)
    decayed = [value for value in networks.parameters() if value.dim() > 1]
    others = [value for value in networks.parameters() if value.dim() <= 1]
    groups = [{"params": decayed, "weight_decay": WEIGHT_DECAY}, {"params": others, "weight_decay": 0.0}]
    optimiser = torch.optim.AdamW(groups, lr=PEAK_RATE)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, PEAK_RATE, total_steps=steps, pct_start=0.2)
    targets, weights = targets_of(samples), weights_of(samples, chosen)
    chosen = torch.tensor(chosen)
    begin, losses = time.time(), []
    networks.train()
    for step in range(steps):
        at = chosen[torch.multinomial(weights, BATCH, replacement=True)]
        flip = some(BATCH, 0.5)
        colours = draw_colours(BATCH)
        logits = []
        for network, pictures in zip(networks, crops):
            batch = pictures[at]
            batch[flip] = batch[flip].flip(3)
            logits.append(network(augment(batch, colours)))
        wanted = targets[at]
        together = functional.binary_cross_entropy_with_logits(sum(logits) / len(logits), wanted)
        apart = sum(functional.binary_cross_entropy_with_logits(each, wanted) for each in logits)
        loss = together + 0.5 * apart
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        losses.append(together.item())
        if step % 200 == 199 or step == steps - 1:
            spent = time.time() - begin
            print(f"  step {step + 1}/{steps}  loss {numpy.mean(losses[-200:]):.4f}  {spent:.0f} s", flush=True)
    return networks.eval()


def resume(path):
    """The networks of an earlier run, or None."""
    if not os.path.exists(path):
        return None
    networks = nn.ModuleList(Network() for _ in CROPS)
    networks.load_state_dict(torch.load(path))
    return networks.eval()


def judge(networks, crops, chosen):
    """The mean logits of crop and mirror image, one column a network."""
    rows = [torch.zeros(0, len(CROPS))]
    with torch.no_grad():
        for start in range(0, len(chosen), 256):
            at = torch.tensor(chosen[start : start + 256])
            columns = []
            for network, part in zip(networks, crops):
                pictures = part[at].float() / 127.5 - 1
                columns.append((network(pictures) + network(pictures.flip(3))) / 2)
            rows.append(torch.stack(columns, 1))
    return torch.cat(rows)


def summarise(samples, scores):
    """Prints the error of each kind at the threshold that refuses 5 % of the real faces of NUAA."""
    cells = {}
    for sample, score in zip(samples, scores):
        if score is not None:
            cells.setdefault((sample["set"], kind_of(sample), sample["kind"] == "plain"), []).append(score)
    live = sorted(cells.get(("nuaa", "live", True), [0.0]))
    threshold = live[int(0.05 * len(live))]
    print(f"threshold {threshold:.3f} (5 % of NUAA's real faces below it)")
    for cell in sorted(cells):
        values = numpy.array(cells[cell])
        wrong = (values < threshold).mean() if cell[1] == "live" else (values >= threshold).mean()
        print(f"  {cell[0]:12} {cell[1]:11} {'as it is' if cell[2] else 'remade':9} {len(values):5}  wrong {100 * wrong:5.1f} %")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("folder")
    parser.add_argument("--folds", type=int, default=2)
    parser.add_argument("--only-fold", type=int, help="train this fold alone and stop, to try something out")
    parser.add_argument("--steps", type=int, default=1300)
    parser.add_argument("--resume", action="store_true", help="use the networks that an earlier run finished")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(1)
    samples, crops = load(options.folder)
    inside = [at for at, sample in enumerate(samples) if not sample["isOutside"]]
    outside = [at for at, sample in enumerate(samples) if sample["isOutside"]]
    folds = {at: fold_of(samples[at]["group"], options.folds) for at in inside}
    logits = torch.full((len(samples), len(CROPS)), float("nan"))
    asked = range(options.folds) if options.only_fold is None else [options.only_fold]
    for fold in asked:
        print(f"fold {fold + 1} of {options.folds}", flush=True)
        kept = os.path.join(options.folder, f"fold-{fold}.pth")
        networks = resume(kept) if options.resume else None
        if networks is None:
            networks = train(samples, crops, [at for at in inside if folds[at] != fold], options.steps, options.seed)
            torch.save(networks.state_dict(), kept)
        held = [at for at in inside if folds[at] == fold]
        # One network judges each picture, as one is shipped: several together would do better than it.
        held += [at for at in outside if options.only_fold is not None or at % options.folds == fold]
        logits[held] = judge(networks, crops, held)
    scores = torch.sigmoid(logits.mean(1))
    known = [None if torch.isnan(score) else score.item() for score in scores]
    summarise(samples, known)
    for index, name in enumerate(CROPS):
        print(f"the network {name} alone: ", end="")
        apart = torch.sigmoid(logits[:, index])
        summarise(samples, [None if torch.isnan(score) else score.item() for score in apart])
    with open(os.path.join(options.folder, "scores.jsonl"), "w", encoding="utf8") as file:
        for at, score in enumerate(known):
            file.write(json.dumps({"fold": folds.get(at), "score": score}) + "\n")
    if options.only_fold is not None:
        return
    paths = [os.path.join(options.folder, f"{name}.pth") for name in CROPS]
    if options.resume and all(os.path.exists(path) for path in paths):
        return
    print("all samples", flush=True)
    for path, network in zip(paths, train(samples, crops, inside, options.steps, options.seed)):
        torch.save(network.state_dict(), path)


if __name__ == "__main__":
    main()
