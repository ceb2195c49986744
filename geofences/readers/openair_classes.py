"""What the classes and types of OpenAir airspace demand of an unmanned aircraft, as data.

The format says where airspace of which class is, not what may fly in it. Where entry depends on a clearance, an
approval or an activity, the zone blocks whoever does not hold it; what the table does not know is prohibited and
reported (rule E12). Where a zone states a class (`AC`) and a type (`AY`), the stricter of the two holds.
"""

from typing import NamedTuple

from geofences.model.zone import Restriction


class Demand(NamedTuple):
    """What one code means: its name, and what it demands."""

    name: str
    restriction: Restriction


_NO = Restriction.PROHIBITED
_ASK = Restriction.REQ_AUTHORISATION
_IF = Restriction.CONDITIONAL
_FREE = Restriction.NO_RESTRICTION

STRICTNESS = (_FREE, _IF, _ASK, _NO)
"""From the mildest to the strictest."""

NEUTRAL = frozenset({"UNC", "UNCLASSIFIED", "NONE", "OTHER"})
"""Codes that say nothing: the other of class and type counts alone."""

CODES: dict[str, Demand] = {
    # Areas that are closed, or open to whoever is let in.
    "P": Demand("prohibited area", _NO),
    "R": Demand("restricted area", _ASK),
    "Q": Demand("danger area", _IF),
    "GP": Demand("prohibited to gliders", _NO),
    "OFR": Demand("overflight restriction", _NO),
    "PROTECTED": Demand("protected area", _NO),
    "TFR": Demand("temporary flight restriction", _NO),
    "TRA": Demand("temporary reserved area", _ASK),
    "TSA": Demand("temporary segregated area", _ASK),
    "TRAFR": Demand("feeding route of a reserved area", _ASK),
    # Controlled airspace: a clearance, or an agreement with the unit that gives them.
    "A": Demand("class A", _ASK),
    "B": Demand("class B", _ASK),
    "C": Demand("class C", _ASK),
    "D": Demand("class D", _ASK),
    "CTR": Demand("control zone", _ASK),
    "MCTR": Demand("military control zone", _ASK),
    "CTA": Demand("control area", _ASK),
    "TMA": Demand("terminal manoeuvring area", _ASK),
    "LTA": Demand("lower traffic area", _ASK),
    "UTA": Demand("upper traffic area", _ASK),
    "AWY": Demand("airway", _ASK),
    "ATZ": Demand("aerodrome traffic zone", _ASK),
    "MATZ": Demand("military aerodrome traffic zone", _ASK),
    "ADIZ": Demand("air defence identification zone", _ASK),
    # Others fly here without a clearance, or something must be on board: conditions to be met.
    "E": Demand("class E", _IF),
    "F": Demand("class F", _IF),
    "TMZ": Demand("transponder mandatory zone", _IF),
    "RMZ": Demand("radio mandatory zone", _IF),
    "TIA": Demand("traffic information area", _IF),
    "TIZ": Demand("traffic information zone", _IF),
    "HTZ": Demand("helicopter traffic zone", _IF),
    "W": Demand("wave window", _IF),
    "GSEC": Demand("gliding sector", _IF),
    "ASRA": Demand("aerial sporting or recreational activity", _IF),
    "ALERT": Demand("alert area", _IF),
    "WARNING": Demand("warning area", _IF),
    "MTA": Demand("military training area", _IF),
    "MTR": Demand("military training route", _IF),
    "VFRR": Demand("designated route for visual flights", _IF),
    "N": Demand("area affected by a notice", _IF),
    # Who is responsible, or talks to whom: no demand.
    "G": Demand("class G", _FREE),
    "TRZ": Demand("transponder recommended zone", _FREE),
    "FIR": Demand("flight information region", _FREE),
    "UIR": Demand("upper flight information region", _FREE),
    "FIS": Demand("flight information sector", _FREE),
    "ACCSEC": Demand("area control sector", _FREE),
    "VFRSEC": Demand("sector for visual flights", _FREE),
}

LONG_NAMES = {
    "PROHIBITED": "P",
    "RESTRICTED": "R",
    "DANGER": "Q",
    "OVERFLIGHT_RESTRICTION": "OFR",
    "GLIDING_SECTOR": "GSEC",
    "GLIDING_SECOR": "GSEC",  # so spelled in national files
    "AERIAL_SPORTING_RECREATIONAL": "ASRA",
    "FIS_SECTOR": "FIS",
    "ACC_SECTOR": "ACCSEC",
    "VFR_SECTOR": "VFRSEC",
    "TRP": "TRZ",
}
"""Other spellings of some codes."""


def demand_of(code: str) -> Demand | None:
    """What a code demands, in either spelling; None for one that is not known."""
    return CODES.get(LONG_NAMES.get(code, code))


def stricter(one: Demand, other: Demand) -> Demand:
    """The one that demands more; the first where they demand the same."""
    return max(one, other, key=lambda each: STRICTNESS.index(each.restriction))
