"""The codes with which a question for a parcel's ways is answered are in the wire's published form, all of them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from fleet.protocol.options import ExplainOrder, NoOptions
from fleet.protocol.values import Reason
from fleet.protocol.versions import WIRE_VERSIONS

ROOT = Path(__file__).parents[3]
FIELDS = {"reply", "options", "ok", "detail"}


def test_the_published_form_lists_every_code_and_no_other() -> None:
    """Whoever writes a tool knows which of them asking again helps with."""
    text = (ROOT / "docs" / "wire" / f"v{WIRE_VERSIONS[-1]}.schema.json").read_text("utf-8")
    described = json.loads(text)["$defs"][ExplainOrder.__name__]["description"]
    assert set(re.findall(r"`(\w+)`", described)) - FIELDS == {code.value for code in NoOptions}


@pytest.mark.parametrize("code", NoOptions)
def test_each_code_is_given_by_the_hub_and_read_back_as_it_was(code: NoOptions) -> None:
    """One that nothing gives any more would be listed for nothing."""
    given = [ROOT / "fleet" / "hub" / "questions.py", ROOT / "fleet" / "dispatch" / "handlers" / "options.py"]
    assert any(f"NoOptions.{code.name}," in file.read_text("utf-8") for file in given)
    reason = Reason(code=code, detail="as the test says", source="hub")
    assert json.loads(reason.model_dump_json())["code"] == code.value
    assert Reason.model_validate_json(reason.model_dump_json()).code == code
