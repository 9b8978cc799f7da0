"""practice.yaml as it may leave the research team: learning networks without the codes of who is in them."""

from __future__ import annotations

import yaml

HEAD = "# The members of networks are left out of this copy: codes of persons with their role and organisation.\n"


def without_members(text: str) -> str:
    """The text of a practice.yaml in which no network has members; as it is where none has."""
    values = yaml.safe_load(text)
    networks = (values.get("networks") or []) if isinstance(values, dict) else []
    if not any(network.get("members") for network in networks):
        return text
    kept = [{key: said for key, said in network.items() if key != "members"} for network in networks]
    return HEAD + yaml.safe_dump({**values, "networks": kept}, sort_keys=False, allow_unicode=True, width=120)
