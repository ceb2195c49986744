"""Travel times and paths: a geodesic default, street networks where there is data.

`base.py` is what planners ask (`Network`); `geodesic.py` answers without data, by circuity. `streets.py` answers from a
folder that `build.py` has made of an OpenStreetMap extract: `manifest.py` says what is in it, `engine.py` asks the
routing engine, `extra.py` finds that engine or says what to install, `survey.py` looks at what was built, `profiles/`
are street profiles of our own. Only `engine.py` loads the optional extra ``streets``, when it is first asked.
`traffic.py` slows either of them. `docs/streets.md` is the users' page.
"""
