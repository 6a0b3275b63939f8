"""``--cluster`` and ``biofm clusters``: sending jobs to a cluster with SLURM, and saying what it is told."""

import argparse
import shlex
from collections.abc import Sequence
from dataclasses import asdict

from biofm_desktop.engine.clusters import ClusterProfile, load_profiles, profile_named, save_profiles
from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.jobs import Job
from biofm_desktop.engine.options import add_flags, from_json, specs
from biofm_desktop.engine.runners import Background, submit_to_cluster

from .show import say, say_json

ACTIONS = {
    "list": "the profiles (the default)",
    "set": "make the profile NAME, or change what the flags name of it",
    "delete": "forget the profile NAME",
}


def clusters_words(parser: argparse.ArgumentParser, _: Sequence[str]) -> None:
    """Add what the command takes."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = "actions:\n" + "\n".join(f"  {name:<7}  {what}" for name, what in ACTIONS.items())
    parser.add_argument("action", choices=tuple(ACTIONS), metavar="ACTION", nargs="?", default="list", help="see below")
    parser.add_argument("profile", metavar="NAME", nargs="?", default="", help="of the profile")
    parser.add_argument("--json", action="store_true", help="a JSON list")
    add_flags(parser, ClusterProfile)


def clusters(given: argparse.Namespace) -> int:
    """List the profiles, or keep them changed."""
    profiles = {profile.name: profile for profile in load_profiles()}
    if given.action != "list":
        if not given.profile:
            raise Fault(f"clusters {given.action}", "no profile is named", "Give its name")
        if given.action == "delete":
            del profiles[profile_named(given.profile).name]
        else:
            before = asdict(profiles.get(given.profile, ClusterProfile(name=given.profile)))
            flags = {spec.name: getattr(given, spec.name) for spec in specs(ClusterProfile)}
            stated = {name: value for name, value in flags.items() if value is not None}
            profiles[given.profile] = from_json(ClusterProfile, before | stated)
        save_profiles(list(profiles.values()))
    if given.json:
        say_json([asdict(profile) for profile in profiles.values()])
        return 0
    for profile in profiles.values():
        say(f"{profile.name}: {_words(profile)}")
    if not profiles:
        say("There is no profile. Make one with: biofm clusters set NAME --partition ...")
    return 0


def _words(profile: ClusterProfile) -> str:
    usual = ClusterProfile()
    told = [
        f"{spec.title.lower()} {getattr(profile, spec.name)}{f' {spec.unit}' if spec.unit else ''}"
        for spec in specs(ClusterProfile)
        if spec.name != "name" and getattr(profile, spec.name) != getattr(usual, spec.name)
    ]
    return ", ".join(told) or "one node with one GPU, for a day"


def send(job: Job, given: argparse.Namespace) -> Background:
    """Send a job to the cluster of ``--cluster``, say where it is, and return its entry."""
    entry = submit_to_cluster(job, job.title, profile_named(given.cluster))
    if given.json:
        if given.detach:
            say_json({**asdict(entry), "state": entry.standing})
        return entry
    say(f"{entry.title} waits for {given.cluster} (SLURM job {entry.cluster['number']}), into {entry.folder}")
    say(f"See it with 'biofm jobs', stop it with: biofm jobs stop {shlex.quote(entry.folder)}")
    return entry
