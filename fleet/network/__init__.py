"""Travel times and paths: a geodesic default, street networks where there is data.

`base.py` is what planners ask (`Network`); `geodesic.py` answers without data, by circuity. `streets.py` answers from a
folder that `build.py` has made of an OpenStreetMap extract: `manifest.py` says what is in it, `engine.py` asks the
routing engine, `extra.py` finds that engine or says what to install, `survey.py` looks at what was built, `profiles/`
are street profiles of our own. `tiles.py` builds what the second engine reads, of an extract in which `pbf.py` has
marked what `wheels.py` says that wheels can't take; `sidewalks.py` asks it for robots' ways around closed streets and
for the areas of `reach.py`. `closing.py` prepares the first engine's tables without closed streets, `detours.py` asks
it for vans' ways by them. `engine.py` and `sidewalks.py` load the optional extra ``streets``, when first asked.
`extent.py` tells closed parts and depots that lie elsewhere. `traffic.py` slows either of them, and `named.py` opens
what a run's files name. `docs/streets.md` is the users' page.
"""
