"""The list of scenarios."""

from .output_scenarios import OUTPUTS, InPlace
from .project_scenarios import ON_PROJECT
from .scenario import Scenario

SCENARIOS: dict[str, Scenario] = {scenario.name: scenario for scenario in (*ON_PROJECT, *OUTPUTS)}
#: What the judge must find fault with.
BAD: dict[str, Scenario] = {"in-place": InPlace("in-place")}
