"""The values that are told of molecules, structures, texts, tracks, graphs, rules and regions."""

from typing import Any

from biofm_desktop.engine.samples import (
    Dataset,
    GraphSample,
    MoleculeSample,
    RegionSample,
    RuleSample,
    StructureSample,
    TextSample,
    TrackSample,
)

from .values import values_of_kind

_SHOWN = 100


@values_of_kind.register
def _molecules(first: MoleculeSample, dataset: Dataset, messages: list[str]) -> dict[str, Any]:
    value: dict[str, Any] = {"molecules": len(dataset), "atoms": first.atoms, "bonds": first.bonds}
    return value | {"canonical": first.canonical[:_SHOWN]}


@values_of_kind.register
def _structures(first: StructureSample, dataset: Dataset, messages: list[str]) -> dict[str, Any]:
    corner = first.coordinates.read()[0].tolist()
    chains = {chain.name: chain.residues for chain in first.chains[:_SHOWN]}
    return {"atoms": first.atoms, "models": first.models, "chains": chains, "atom_0": corner}


@values_of_kind.register
def _texts(first: TextSample, dataset: Dataset, messages: list[str]) -> dict[str, Any]:
    spans = [[span.start, span.end, span.label] for span in first.spans[:_SHOWN]]
    return {"records": len(dataset), "letters": len(first.text), "spans": spans}


@values_of_kind.register
def _tracks(first: TrackSample, dataset: Dataset, messages: list[str]) -> dict[str, Any]:
    tracks = [sample for sample in dataset if isinstance(sample, TrackSample)]
    value: dict[str, Any] = {"records": sum(map(len, tracks)), "references": [t.reference for t in tracks[:_SHOWN]]}
    if first.features:
        value |= {"pos": first.features[0].start + 1, "feature": [first.features[0].start + 1, first.features[0].end]}
    return value


@values_of_kind.register
def _graphs(first: GraphSample, dataset: Dataset, messages: list[str]) -> dict[str, Any]:
    return {"nodes": len(first.nodes), "edges": len(first.edges)}


@values_of_kind.register
def _rules(first: RuleSample, dataset: Dataset, messages: list[str]) -> dict[str, Any]:
    return {"rules": len(dataset)}


@values_of_kind.register
def _regions(first: RegionSample, dataset: Dataset, messages: list[str]) -> dict[str, Any]:
    samples = [sample for sample in dataset if isinstance(sample, RegionSample)]
    value: dict[str, Any] = {"objects": sum(len(sample.regions) for sample in samples), "pictures": len(samples)}
    return value | ({"bbox": list(first.regions[0].box)} if first.regions else {})
