// The line to the console's server. It says so when the line is down; what it last said then has an age.

const LOST_AFTER_MS = 4000;
const TRY_AGAIN_MS = 2000;

/** Feeds the store from the server's stream; `contact(ageSeconds | null)` is told each second how old our last word is. */
export function follow(store, contact) {
  let heard = null;
  let source = null;

  function open() {
    source = new EventSource("/api/stream");
    source.addEventListener("snapshot", (event) => take(event, (page) => store.replace(page)));
    source.addEventListener("delta", (event) => take(event, (delta) => store.merge(delta)));
    source.addEventListener("error", () => {
      if (source.readyState === EventSource.CLOSED) setTimeout(open, TRY_AGAIN_MS);
    });
  }

  function take(event, use) {
    heard = performance.now();
    use(JSON.parse(event.data));
    contact(null);
  }

  open();
  setInterval(() => {
    const age = heard === null ? performance.now() : performance.now() - heard;
    contact(age > LOST_AFTER_MS ? age / 1000 : null);
  }, 1000);
}
