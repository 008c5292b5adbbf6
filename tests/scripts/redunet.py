"""Writes the golden numbers of `crates/redunet`: ReduNet of vectors, signals, images and groups by the plain formulas.

Run from the root of the repository, with nothing but PyPI:

    python -m venv venv && venv/bin/pip install numpy==2.4.6
    venv/bin/python tests/scripts/redunet.py

Every matrix is inverted as it stands in Chan et al. 2021 (arXiv 2105.10446): d × d, samples as columns, all frequencies, no
Woodbury form, no symmetry. Inputs are stored with the results.
"""

import json
from pathlib import Path

import numpy as np

OUT = Path("crates/redunet/tests/golden/redunet.json")
RNG = np.random.default_rng(20210521)


def project(z):
    """Scales each sample, over all of its entries, to length 1."""
    lengths = np.sqrt((np.abs(z) ** 2).reshape(len(z), -1).sum(1))
    return z / np.maximum(lengths, 1e-8).reshape(-1, *[1] * (z.ndim - 1))


def rate_matrix(v, pi, eps_sq):
    """α(I + α V diag(π) Vᴴ)⁻¹ and log det, with the samples as columns of V and α = d / (Σπ ε²)."""
    d = len(v)
    alpha = d / (pi.sum() * eps_sq)
    inner = np.eye(d) + alpha * (v * pi) @ v.conj().T
    return alpha * np.linalg.inv(inner), np.linalg.slogdet(inner)[1]


def softmax(x):
    e = np.exp(x - x.max(0))
    return e / e.sum(0)


def one_hot(labels):
    return np.array([labels == c for c in range(labels.max() + 1)], dtype=float)


class Network:
    """Samples are `[samples, channels, frequencies]`; vectors are of one frequency."""

    def __init__(self, layers, eta, eps_sq, lam):
        self.num_layers, self.eta, self.eps_sq, self.lam = layers, eta, eps_sq, lam
        self.layers, self.rates = [], []

    def layer(self, z, pi):
        """For each frequency E and C_j, with R and R_c in the mean over frequencies."""
        frequencies, ones = z.shape[2], np.ones(len(z))
        e, c, rates = [], [], np.zeros(2)
        for p in range(frequencies):
            v = z[:, :, p].T
            matrix, log_det = rate_matrix(v, ones, self.eps_sq)
            e.append(matrix)
            rates[0] += log_det / (2 * frequencies)
            of_class = [rate_matrix(v, row, self.eps_sq) for row in pi]
            c.append([matrix for matrix, _ in of_class])
            for row, (_, log_det) in zip(pi, of_class):
                rates[1] += row.sum() / len(z) * log_det / (2 * frequencies)
        return np.array(e), np.array(c), rates

    def memberships(self, z, c):
        cz = np.einsum("pjab,ibp->jiap", c, z)
        norms = np.sqrt((np.abs(cz) ** 2).sum((2, 3)))
        return softmax(-self.lam * norms), cz

    def step(self, z, e, c):
        pi, cz = self.memberships(z, c)
        direction = np.einsum("pab,ibp->iap", e, z) - np.einsum("j,ji,jiap->iap", self.gamma, pi, cz)
        return project(z + self.eta * direction)

    def construct(self, z, labels):
        pi = one_hot(labels)
        self.gamma = pi.sum(1) / len(z)
        z = project(z)
        for place in range(self.num_layers + 1):
            e, c, rates = self.layer(z, pi)
            predicted = self.layer(z, self.memberships(z, c)[0])[2][1]
            self.rates.append([*rates, predicted])
            if place < self.num_layers:
                self.layers.append((e, c))
                z = self.step(z, e, c)
        return z

    def transform(self, z):
        z = project(z)
        for e, c in self.layers:
            z = self.step(z, e, c)
        return z


def array(x):
    x = np.asarray(x, dtype=float)
    return dict(shape=list(x.shape), values=x.ravel().tolist())


def settings(network):
    return dict(num_layers=network.num_layers, eta=network.eta, eps_sq=network.eps_sq, **{"lambda": network.lam})


def rounded(x):
    """Inputs of few digits, which the file holds exactly."""
    return np.round(x, 4)


def vector_case(name, samples, labels, unseen, network, every_layer=True):
    output = network.construct(samples[:, :, None], labels)[:, :, 0]
    case = dict(
        name=name,
        config=settings(network),
        samples=array(samples),
        labels=labels.tolist(),
        unseen=array(unseen),
        output=array(output),
        output_of_unseen=array(network.transform(unseen[:, :, None])[:, :, 0]),
        rates=array(network.rates if every_layer else network.rates[-1:]),
    )
    if every_layer:
        e, c = network.layers[-1]
        case |= dict(last_expansion=array(e[0]), last_class_1=array(c[0, 1]))
    return case


def mixture(centers, count):
    centers = np.array(centers, dtype=float)
    samples = np.concatenate([center + 0.1 * RNG.standard_normal((count, len(center))) for center in centers])
    return rounded(samples), np.repeat(np.arange(len(centers)), count)


def on_the_circle(*angles):
    return [(np.cos(np.radians(a)), np.sin(np.radians(a))) for a in angles]


def fourier_case(name, samples, labels, unseen, network):
    """Any number of axes behind the channels is transformed."""

    def spectra(x):
        axes = tuple(range(2, x.ndim))
        return np.fft.fftn(project(x), axes=axes, norm="ortho").reshape(*x.shape[:2], -1)

    def signals(z, shape):
        axes = tuple(range(2, len(shape)))
        x = project(np.fft.ifftn(z.reshape(-1, *shape[1:]), axes=axes, norm="ortho"))
        assert np.abs(x.imag).max() < 1e-12
        return x.real

    output = network.construct(spectra(samples), labels)
    e, _ = network.layers[-1]
    return dict(
        name=name,
        config=settings(network),
        samples=array(samples),
        labels=labels.tolist(),
        unseen=array(unseen),
        output=array(signals(output, samples.shape)),
        output_of_unseen=array(signals(network.transform(spectra(unseen)), samples.shape)),
        rates=array(network.rates),
        # Frequency 1, which is not real, for rows that are multiplied from the left.
        last_expansion_1_re=array(e[1].T.real),
        last_expansion_1_im=array(e[1].T.imag),
    )


def dense(groups, num_samples):
    pi = np.zeros((len(groups), num_samples))
    for row, group in zip(pi, groups):
        for sample, weight in group:
            row[sample] = weight
    return pi


def groups_case(name, samples, groups, unseen, unseen_groups, layers, eta, eps_sq):
    n = len(samples)

    def direction(z, e, pi, share):
        out = z @ e
        for row in pi[pi.sum(1) > 0]:
            c, _ = rate_matrix(z.T, row, eps_sq)
            out -= share * row.sum() * row[:, None] * (z @ c)
        return out

    def rates(z, pi):
        compression = sum(row.sum() * rate_matrix(z.T, row, eps_sq)[1] for row in pi if row.sum() > 0)
        return [rate_matrix(z.T, np.ones(n), eps_sq)[1] / 2, compression / (2 * pi.sum())]

    pi, z, expansions = dense(groups, n), project(samples), []
    history = [rates(z, pi)]
    for _ in range(layers):
        expansions.append(rate_matrix(z.T, np.ones(n), eps_sq)[0])
        z = project(z + eta * direction(z, expansions[-1], pi, 1 / pi.sum()))
        history.append(rates(z, pi))
    unseen_pi, u = dense(unseen_groups, len(unseen)), project(unseen)
    for e in expansions:
        u = project(u + eta * direction(u, e, unseen_pi, len(u) / (n * unseen_pi.sum())))
    return dict(
        name=name,
        config=dict(num_layers=layers, eta=eta, eps_sq=eps_sq),
        samples=array(samples),
        groups=groups,
        unseen=array(unseen),
        unseen_groups=unseen_groups,
        output=array(z),
        output_of_unseen=array(u),
        rates=array(history),
    )


def neighborhoods(num_samples, sizes):
    """Each sample with others, of weights in quarters."""
    groups = []
    for sample, size in zip(range(num_samples), sizes):
        others = RNG.permutation([other for other in range(num_samples) if other != sample])[: size - 1]
        groups.append([[int(other), int(RNG.integers(1, 9)) / 4] for other in [sample, *others]])
    return groups


def normal(*shape):
    return rounded(RNG.standard_normal(shape))


def main():
    cone = [(*xy, 1.0) for xy in on_the_circle(45, 120, 180)]
    plane = mixture(on_the_circle(60, 0), 100)
    vector = [
        vector_case("plane of 200 layers", *plane, normal(5, 2), Network(200, 0.5, 0.1, 200.0), every_layer=False),
        vector_case("axes", *mixture(np.eye(3), 15), normal(5, 3), Network(10, 0.5, 0.1, 200.0)),
        vector_case("cone, soft memberships", *mixture(cone, 10), normal(5, 3), Network(6, 0.5, 0.1, 2.0)),
        vector_case("six classes in the plane", *mixture(on_the_circle(30, 90, 135, 225, 315, 270), 8), normal(4, 2), Network(5, 1.0, 0.5, 20.0)),
        vector_case("fewer samples than columns", normal(7, 20), np.array([1, 0, 1, 2, 1, 0, 1]), normal(3, 20), Network(4, 2.0, 0.3, 3.0)),
    ]
    labels = np.array([0, 1, 1, 0, 1, 1, 0, 1])
    fourier_1d = [
        fourier_case("signals of odd length", normal(8, 3, 5), labels, normal(3, 3, 5), Network(4, 0.5, 0.1, 5.0)),
        fourier_case("signals of even length", normal(8, 2, 6), labels, normal(3, 2, 6), Network(4, 0.5, 0.1, 500.0)),
    ]
    fourier_2d = [
        fourier_case("images of even width", normal(8, 3, 3, 4), labels, normal(2, 3, 3, 4), Network(3, 0.5, 0.1, 5.0)),
        fourier_case("images of odd width, more channels than samples", normal(8, 10, 4, 3), labels, normal(2, 10, 4, 3), Network(2, 1.0, 0.2, 1.0)),
    ]
    overlapping = neighborhoods(12, [2, 3, 7, 1, 12, 4, 5, 2, 3, 6, 2, 3])
    groups = [
        groups_case("overlapping groups", normal(12, 4), [*overlapping, []], normal(7, 4), neighborhoods(7, [2, 3, 7, 1, 5, 2, 3]), 5, 2.0, 0.1),
        groups_case("wide rows", normal(8, 20), neighborhoods(8, [2, 3, 4, 2, 8, 1]), normal(5, 20), neighborhoods(5, [2, 2, 3, 5, 1]), 4, 1.0, 0.5),
    ]
    golden = dict(vector=vector, fourier_1d=fourier_1d, fourier_2d=fourier_2d, groups=groups)
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(json.dumps(golden, indent=None) + "\n")


main()
