"""Problems stay with the samples that they are about."""

from pathlib import Path

from biofm_desktop.engine.samples import Dataset, Problem, SequenceSample


def letters(key, file):
    return SequenceSample(key=key, source=Path("/data") / file, letters="ACGT", alphabet="dna")


DATA = Dataset(
    "d",
    (letters("a", "one.fa"), letters("b", "one.fa"), letters("c", "two.fa")),
    problems=(Problem("one.fa", "odd letters"), Problem("c", "empty name"), Problem("d", "no labels")),
)


def test_each_sample_has_those_of_its_own_name_and_of_its_file():
    assert DATA.problems_by_key() == {"a": ["odd letters"], "b": ["odd letters"], "c": ["empty name"]}


def test_of_some_samples_those_of_others_are_left_out_and_those_of_the_whole_stay():
    assert [problem.message for problem in DATA.problems_of({"a"})] == ["odd letters", "no labels"]
    assert [problem.message for problem in DATA.problems_of({"c"})] == ["empty name", "no labels"]
