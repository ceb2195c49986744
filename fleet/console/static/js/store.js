// What the page knows: the tables of the server, the latest samples, and what a person has chosen.

const TABLES = ["orders", "assets", "missions", "lockers", "exceptions", "commands"];

export class Store extends EventTarget {
  constructor() {
    super();
    this.tables = Object.fromEntries(TABLES.map((name) => [name, new Map()]));
    this.tables.pilots = new Map();
    this.samples = new Map();
    this.sites = [];
    this.zones = { version: "", complete: true, areas: [] };
    this.tiles = null;
    this.summary = null;
    this.weather = null;
    this.pulse = null;
    this.chosen = null; // {table, id}
    this.range = null; // a GeoJSON geometry
  }

  /** The server's whole page: what was known before is forgotten. */
  replace(page) {
    for (const name of TABLES) this.tables[name] = new Map(page[name].map((row) => [row.id, row]));
    this.samples = new Map();
    this.#take(page, new Set([...TABLES, "ground"]));
  }

  /** What has changed since. */
  merge(delta) {
    const touched = new Set(TABLES.filter((name) => name in delta));
    for (const name of touched) for (const row of delta[name]) this.tables[name].set(row.id, row);
    if ("zones" in delta) touched.add("ground");
    this.#take(delta, touched);
  }

  #take(page, touched) {
    this.summary = page.summary;
    this.weather = page.weather;
    this.pulse = page.pulse;
    this.#takePilots(page.pilots, touched);
    this.position = page.position;
    if ("zones" in page) Object.assign(this, { sites: page.sites, zones: page.zones, tiles: page.tiles });
    for (const sample of page.live) this.samples.set(sample.id, sample);
    if (page.live.length) touched.add("live");
    this.#tell("change", touched);
  }

  /** They come as a whole each time, as they change with the clock. */
  #takePilots(rows, touched) {
    const told = JSON.stringify(rows);
    if (told === this.pilotsTold) return;
    this.pilotsTold = told;
    this.tables.pilots = new Map(rows.map((row) => [row.id, row]));
    touched.add("pilots");
  }

  /** A person has chosen an order, an asset, a locker, an exception or a route; none clears it. */
  choose(table, id) {
    this.chosen = table === null ? null : { table, id };
    this.#tell("choice", this.chosen);
    this.showRange(null);
  }

  /** The range of what is chosen, until something else is; none clears it. */
  showRange(geometry) {
    this.range = geometry;
    this.#tell("range", geometry);
  }

  isChosen(table, id) {
    return this.chosen !== null && this.chosen.table === table && this.chosen.id === id;
  }

  /** The age of an asset's last sample in seconds of the hub's time; null where there is no sample. */
  linkAge(assetId) {
    const sample = this.samples.get(assetId);
    if (!sample || !this.pulse?.now) return null;
    return Math.max(0, (Date.parse(this.pulse.now) - Date.parse(sample.at)) / 1000);
  }

  /** Whether what is shown as live is no longer so. */
  get silent() {
    return this.pulse === null || this.pulse.silent;
  }

  get vehicles() {
    return [...this.tables.assets.values()].filter((asset) => !this.tables.lockers.has(asset.id));
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
