"""The engine: does all the work, runs anywhere, knows no window."""

import os

# OpenMP threads that spin while they wait make torch up to 200 times slower as soon as anything else wants a core (the
# window, another program). They must sleep instead; OpenMP reads this once, when torch is imported.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
