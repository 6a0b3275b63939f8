"""Rules, ontologies and tables of edges."""

import pytest

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.formats import open_data
from biofm_desktop.engine.formats.conditions import fault_of_condition, names_in
from biofm_desktop.engine.samples import Edge

RULE = "rules:\n  - name: enhancer\n    when: score > 0.5\n    then: flag\n"
OBO = """format-version: 1.2
ontology: made

[Term]
id: GO:1
name: growth
is_a: GO:2 ! process
relationship: part_of GO:2

[Term]
id: GO:2
name: process
"""


def opened(path, text):
    path.write_text(text)
    return open_data([path])


def told(dataset, *words):
    return any(all(word in str(problem) for word in words) for problem in dataset.problems)


def test_rules_are_read_as_text(tmp_path):
    (rule,) = opened(tmp_path / "a.yaml", RULE)
    assert (rule.key, rule.when, rule.then) == ("enhancer", "score > 0.5", "flag")
    (rule,) = opened(tmp_path / "a.json", '{"rules": [{"name": "a", "when": "b", "then": "{0.__class__}"}]}')
    assert rule.then == "{0.__class__}"


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ('rules: !!python/object/apply:os.system ["true"]\n', "tag"),
        ("rules: !!python/name:os.system\n", "tag"),
        ("a: &a [x]\nrules: [*a, *a]\n", "alias"),
        ("rules: &r [*r]\n", "loop"),
        ("[" * 20_000, "nested"),
        (RULE + "rules: []\n", "'rules' is doubled"),
        ("rules:\n\t- name: x\n", "line 2"),
        (RULE.replace("then", "thne"), "thne.*'then'"),
        (RULE.replace("score > 0.5", "__import__('os').getcwd()"), "condition"),
        (RULE.replace("    then: flag\n", ""), "'then'"),
        ("rules: []\n", "list of rules"),
        ("- a\n---\n- b\n", "several documents"),
    ],
)
def test_rules_that_are_not_sound_are_refused(tmp_path, text, word):
    with pytest.raises(Fault, match=word):
        opened(tmp_path / "a.yaml", text)


def test_words_that_yaml_would_turn_are_kept_and_told(tmp_path):
    dataset = opened(tmp_path / "a.yaml", RULE.replace("enhancer", "no") + "    version: 1.10\n")
    assert (dataset.samples[0].key, dataset.samples[0].columns["version"]) == ("no", "1.10")
    assert told(dataset, "'no'", "'1.10'")


def test_rules_that_wait_for_each_other_and_endless_patterns_are_told(tmp_path):
    loop = '{"rules": [{"name": "a", "when": "b", "then": "set a"}, {"name": "b", "when": "a", "then": "set b"}]}'
    assert told(opened(tmp_path / "a.json", loop), "loop")
    assert told(opened(tmp_path / "a.yaml", RULE.replace("score > 0.5", "name ~ '(a+)+$'")), "endless time")


@pytest.mark.parametrize(
    ("condition", "sound"),
    [
        ("score > 0.5 and not (kind == 'gene' or other)", True),
        ("a and", False),
        ("(a", False),
        ("a b", False),
        ("> 5", False),
        ("a >", False),
        ("5", False),
        ("f(x)", False),
        ("a; b", False),
        ("(" * 60 + "a" + ")" * 60, False),
    ],
)
def test_conditions_have_a_small_grammar(condition, sound):
    assert (fault_of_condition(condition) == "") is sound


def test_a_condition_names_the_rules_it_waits_for():
    assert names_in("a and not b or score > limit") == ["a", "b"]


def test_terms_of_an_ontology_have_names_and_parents(tmp_path, capfd):
    (graph,) = opened(tmp_path / "a.obo", OBO)
    assert [(node.identity, node.name) for node in graph.nodes] == [("GO:1", "growth"), ("GO:2", "process")]
    assert graph.parents("GO:1") == ("GO:2",)
    assert Edge("GO:1", "part_of", "GO:2") in graph.edges
    (graph,) = opened(tmp_path / "b.obo", OBO.replace("ontology: made\n", ""))
    assert len(graph) == 2
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ("\n[Term]\nid: GO:2\nname: again\n", ("doubled", "GO:2")),
        ("\n[Term]\nid: GO:3\nis_a: GO:9\n", ("GO:9", "not in the file")),
        ("is_a: GO:1\n", ("loop", "GO:1")),
    ],
)
def test_what_is_odd_about_an_ontology_is_told(tmp_path, more, words):
    assert told(opened(tmp_path / "a.obo", OBO + more), *words)


def test_a_term_without_an_id_is_refused(tmp_path):
    with pytest.raises(Fault, match="line 14: a term has no id"):
        opened(tmp_path / "a.obo", OBO + "\n[Term]\nname: x\n")


def test_a_table_of_edges_is_a_graph(tmp_path):
    dataset = opened(tmp_path / "a.csv", "source,relation,target\nA,is_a,B\nB,is_a,A\n,is_a,B\nA,,B\n")
    (graph,) = dataset
    assert [node.identity for node in graph.nodes] == ["A", "B"]
    assert told(dataset, "2 of 4 edges", "line 4", "line 5")
    assert told(dataset, "loop: A, B, A")
