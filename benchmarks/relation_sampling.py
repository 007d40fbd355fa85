"""Draw codes of regions and classify them: all at once against one distribution object per draw.

    python benchmarks/relation_sampling.py [REPETITIONS] [THREADS]

Plain is what the published code does: a loop over the batch that draws one code at a time from the distribution of its
region, a relational batch of pairs drawn one by one, a loop over regions that gives their densities. Ours is `Mixture`.
Candidates alternate in one run. The moments of both samples are compared at the end.
"""

import sys

import torch
from torch.distributions import MultivariateNormal

from latune.models.priors import PriorConfig, build_prior
from timing import alternate

REGIONS, CODES, BATCH, RELATIONS, PAIRS = 27, 8, 1024, 5, 128


def main() -> None:
    repetitions = int(sys.argv[1]) if len(sys.argv) > 1 else 21
    if len(sys.argv) > 2:
        torch.set_num_threads(int(sys.argv[2]))
    torch.manual_seed(0)
    mixture = build_prior(PriorConfig(name="mixture"), REGIONS, CODES)
    plain = [MultivariateNormal(mixture.means[k], scale_tril=mixture.factors[k]) for k in range(REGIONS)]
    tables = torch.stack([torch.randperm(REGIONS) for _ in range(RELATIONS)])
    regions, rows = torch.randint(REGIONS, (BATCH,)), torch.arange(RELATIONS)[:, None]

    def ours_sample():
        return mixture.sample(regions)

    def plain_sample():
        return torch.stack([plain[int(region)].sample() for region in regions])

    def ours_pairs():
        starts = torch.randint(REGIONS, (RELATIONS, PAIRS))
        return mixture.sample(starts.flatten()), mixture.sample(tables[rows, starts].flatten())

    def plain_pairs():
        pairs = []
        for table in tables:
            for _ in range(PAIRS):
                start = int(torch.randint(REGIONS, ()))
                pairs.append((plain[start].sample(), plain[int(table[start])].sample()))
        return tuple(torch.stack(side) for side in zip(*pairs, strict=True))

    codes = ours_sample()
    candidates = {  # ours, plain
        "sample": (ours_sample, plain_sample),
        "relational batch": (ours_pairs, plain_pairs),
        "classify": (
            lambda: mixture.classify(codes),
            lambda: torch.stack([region.log_prob(codes) for region in plain], dim=1).argmax(dim=1),
        ),
    }
    assert torch.equal(*(classify() for classify in candidates["classify"]))
    calls = {f"{name} {place}": pair[place] for name, pair in candidates.items() for place in (0, 1)}
    seconds = alternate(calls, repetitions, warm_up=2)
    print(
        f"{REGIONS} regions, {CODES} dimensions, batch {BATCH}, {RELATIONS} x {PAIRS} pairs,"
        f" {torch.get_num_threads()} threads, medians of {repetitions}"
    )
    for name in candidates:
        ours, loop = seconds[f"{name} 0"], seconds[f"{name} 1"]
        print(f"{name:17s} {loop * 1e3:7.3f} ms plain, {ours * 1e3:6.3f} ms ours, ratio {loop / ours:6.1f}")
    means = [sample().mean(dim=0) for sample in (ours_sample, plain_sample)]
    print(f"means of the two samples differ by at most {(means[0] - means[1]).abs().max():.3f}")


if __name__ == "__main__":
    main()
