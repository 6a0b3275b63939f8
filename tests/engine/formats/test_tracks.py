"""GFF3, BED and VCF."""

import gzip

import pytest

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.formats import open_data
from biofm_desktop.engine.samples import TrackSample

VCF = (
    "##fileformat=VCFv4.2\n##contig=<ID=chr1,length=1000>\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tS1\n"
)
GFF = "##gff-version 3\n##sequence-region chr1 1 500\n"


def opened(path, text):
    data = text if isinstance(text, bytes) else text.encode()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return open_data([path])


def told(dataset, *words):
    return any(all(word in str(problem) for word in words) for problem in dataset.problems)


@pytest.mark.parametrize("name", ["a.vcf", "a.vcf.gz", "no-ending"])
def test_a_variant_is_half_open_from_0_and_keeps_its_alleles(tmp_path, name):
    dataset = opened(tmp_path / name, VCF + "chr1\t10\trs1\tAC\tG,T\t50\tPASS\tDP=9\tGT\t0/2\n")
    (track,) = dataset
    assert isinstance(track, TrackSample)
    (feature,), (cells,) = track.features, track.cells
    assert (feature.start, feature.end, feature.name, feature.score) == (9, 11, "rs1", 50.0)
    assert (cells["ref"], cells["alt"], cells["S1"], track.length) == ("AC", "G,T", "0/2", 1000)
    assert not dataset.problems


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("chr1\t10\t.\tA\n", "columns"),
        ("chr1\t-5\t.\tA\tG\t50\tPASS\t.\tGT\t0/1\n", "position"),
        ("chr1\t10\t.\tZ!\tG\t50\tPASS\t.\tGT\t0/1\n", "reference allele"),
        ("chr1\t10\t.\tA\tx y\t50\tPASS\t.\tGT\t0/1\n", "alternative allele"),
        ("chr1\t10\t.\tA\tG\tnan\tPASS\t.\tGT\t0/1\n", "quality"),
        ("chr1 10 . A G 50 PASS . GT 0/1\n", "tabs"),
    ],
)
def test_a_bad_line_of_vcf_is_named_and_the_others_stay(tmp_path, line, word):
    good = "chr1\t20\t.\tA\tG\t.\t.\t.\tGT\t0/1\n"
    dataset = opened(tmp_path / "a.vcf", VCF + line + good)
    assert [len(track) for track in dataset] == [1]
    assert told(dataset, "a.vcf", "line 4", word)
    with pytest.raises(Fault, match=rf"a\.vcf, line 4: .*{word}"):
        opened(tmp_path / "a.vcf", VCF + line)


def test_a_last_line_that_is_cut_says_so(tmp_path):
    dataset = opened(tmp_path / "a.vcf", VCF + "chr1\t20\t.\tA\tG\t.\t.\t.\tGT\t0/1\nchr1\t30\t.\tA")
    assert told(dataset, "line 5", "truncated")


def test_doubts_of_variants_are_told_and_they_stay(tmp_path):
    header = VCF.rstrip("\n") + "\tS1\n"
    dataset = opened(tmp_path / "a.vcf", header + "chr1\t5000\t.\tA\tG\t.\t.\t.\tGT\t0/7\t1/1\n")
    assert told(dataset, "line 4", "contig", "chr1")
    assert told(dataset, "line 4", "allele '7'")
    assert told(dataset, "S1", "doubled")
    assert dataset.samples[0].cells[0]["S1 (2)"] == "1/1"


def test_bed_counts_as_we_do_and_blocks_become_parts(tmp_path):
    line = "chr1\t100\t200\tgene\t5\t-\t100\t200\t0\t2\t10,20,\t0,80,\n"
    (track,) = opened(tmp_path / "a.bed", "track name=x\n" + line)
    (feature,) = track.features
    assert (feature.start, feature.end, feature.strand) == (100, 200, -1)
    assert feature.parts == ((100, 110), (180, 200))


@pytest.mark.parametrize("line", ["chr1\t100\t50\n", "chr1\tx\t50\n", "chr1\t1\n", "chr1\t1\t5\ta\t0\t*\n"])
def test_a_bad_line_of_bed_is_named(tmp_path, line):
    with pytest.raises(Fault, match=r"a\.bed, line 1"):
        opened(tmp_path / "a.bed", line)


def test_gff3_begins_at_1_and_lines_of_one_id_are_parts_of_one(tmp_path):
    lines = (
        "chr1\tx\tgene\t1\t90\t.\t+\t.\tID=g;Name=one%20gene\n"
        "chr1\tx\tCDS\t11\t20\t.\t+\t0\tID=c;Parent=g\n"
        "chr1\tx\tCDS\t31\t40\t.\t+\t2\tID=c;Parent=g\n"
    )
    dataset = opened(tmp_path / "a.gff3", GFF + lines)
    gene, cds = dataset.samples[0].features
    assert (gene.start, gene.end, gene.name) == (0, 90, "one gene")
    assert (cds.start, cds.end, cds.parts) == (10, 40, ((10, 20), (30, 40)))
    assert not dataset.problems


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("chr1\t.\tCDS\t0\t9\t.\t+\t0\t.\n", "start"),
        ("chr1\t.\tCDS\t9\t5\t.\t+\t0\t.\n", "after its end"),
        ("chr1\t.\tCDS\t1\t5\t.\t*\t0\t.\n", "strand"),
        ("chr1\t.\tCDS\t1\t5\t.\t+\t9\t.\n", "phase"),
        ("chr1\t.\tCDS\t1\t5\t.\t+\t0\tID=%ZZ\n", "%"),
        ("chr1\t.\tCDS\t1\t5\tx\t+\t0\t.\n", "score"),
    ],
)
def test_a_bad_line_of_gff3_is_named(tmp_path, line, word):
    with pytest.raises(Fault, match=rf"a\.gff3, line 3: .*{word}"):
        opened(tmp_path / "a.gff3", GFF + line)


def test_a_parent_that_is_missing_and_a_place_beyond_the_reference_are_told(tmp_path):
    dataset = opened(tmp_path / "a.gff3", GFF + "chr1\t.\texon\t400\t600\t.\t+\t.\tParent=none\n")
    assert told(dataset, "line 3", "none")
    assert told(dataset, "line 3", "chr1", "500")
