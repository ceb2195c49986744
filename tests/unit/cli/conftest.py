"""A small city in files: two depots, two lockers, a few orders."""

from pathlib import Path

import pytest

ORDERS = """\
order_id,client,direction,recipient,address,lon,lat,weight_kg,length_m,width_m,height_m,goods,value_eur,min_age,\
ready_at,due_from,due_by,service,service_minutes,crew,locker_ok,notes
"""
ROW = (
    "{name},acme,delivery,Ann,Main St 1,{lon},{lat},1.2,0.3,0.2,0.1,standard,12.5,,"
    "2026-11-24T07:00:00+00:00,2026-11-24T08:00:00+00:00,2026-11-24T20:00:00+00:00,standard,3,1,{locker},\n"
)
DEPOTS = """\
depot_id,name,lon,lat,vans,drone_pads,robot_bays,chargers,opens,closes
D1,Depot,-8.62,41.14,2,0,0,0,05:00,22:00
S1,Launch,-8.60,41.15,0,1,1,1,07:00,21:00
"""
LOCKERS = """\
locker_id,name,lon,lat,small,medium,large,drone_port
L1,Kiosk,-8.601,41.151,4,4,2,true
"""
WEATHER = """\
time,wind_mps,gust_mps,wind_from_deg,temperature_c,precipitation_mm_h,visibility_m
2026-11-24T00:00:00+00:00,1,2,290,12,0,10000
""" + "".join(f"2026-11-24T{hour:02d}:00:00+00:00,1,2,290,12,0,10000\n" for hour in range(1, 24))


@pytest.fixture
def city(tmp_path: Path) -> Path:
    """A folder with `orders.csv`, `depots.csv`, `lockers.csv` and `weather.csv`."""
    rows = [
        ROW.format(
            name=f"A-{at}", lon=-8.6 - at / 1000, lat=41.15 + at / 2000, locker=("true", "false")[at % 2]
        )
        for at in range(1, 7)
    ]
    files = {
        "orders.csv": ORDERS + "".join(rows),
        "depots.csv": DEPOTS,
        "lockers.csv": LOCKERS,
        "weather.csv": WEATHER,
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path
