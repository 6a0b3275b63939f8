"""Networks of self-supervised pre-training, and the probe that judges what they learnt."""
