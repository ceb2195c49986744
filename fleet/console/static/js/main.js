// Puts the page together: one store, fed by the stream, and the parts that show it.

import { Closing } from "./closing/panel.js";
import { Detail } from "./detail/panel.js";
import { Header, watchContact } from "./header.js";
import { FleetMap } from "./map/fleet.js";
import { StopAll } from "./stop.js";
import { Store } from "./store.js";
import { follow } from "./stream.js";
import { Tabs } from "./tabs.js";

const store = new Store();
const tabs = new Tabs(store);
new Header(store, tabs);
new Detail(store);
const { map } = new FleetMap(store);
new Closing(store, map);
new StopAll(store);
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !document.querySelector("dialog[open]")) store.choose(null);
});
follow(store, watchContact(store));
