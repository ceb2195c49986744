// Commands: sent to the console's server with the page's token, answered by the hub.

const token = document.querySelector('meta[name="console-token"]').content;

async function post(path, body) {
  const headers = { "content-type": "application/json", "x-console-token": token };
  const request = { request_id: `console-${crypto.randomUUID()}`, ...body };
  try {
    const answer = await fetch(path, { method: "POST", headers, body: JSON.stringify(request) });
    return await answer.json();
  } catch (error) {
    const detail = `no answer from the console (${error.message}); whether the hub has taken it is not known`;
    return { ok: false, detail, reasons: [], ids: [], commands: [], zones: null, ways: null };
  }
}

/** Tells one asset to hold, resume, return or land. */
export const command = (assetId, action) => post("/api/commands", { asset_id: assetId, action });

/** Tells every asset that is under way. */
export const stopAll = (action, why) => post("/api/stop-all", { action, why });

/** Lets work go on after that. */
export const resumeAll = (why) => post("/api/resume-all", { why });

/** What closing areas (`add`: id and GeoJSON feature) and opening others (`remove`: ids) would lead to. */
export const previewZones = (change) => post("/api/zones/preview", change);

/** Does it. */
export const changeZones = (change, why) => post("/api/zones", { ...change, why });

/** Every way of one order, found by the planner as the plan stands. */
export const waysOf = (orderId) => post("/api/ways", { order_id: orderId });

/** How far an asset may go with a payload, as a GeoJSON feature; its geometry is null where it may not start. */
export async function rangeOf(assetId, payloadKg) {
  const answer = await fetch(`/api/range?${new URLSearchParams({ asset: assetId, payload_kg: payloadKg })}`);
  const body = await answer.json();
  if (!answer.ok) throw new Error(body.detail);
  return body;
}

/** Everything that is known of one order. */
export async function explain(orderId) {
  const answer = await fetch(`/api/orders/${encodeURIComponent(orderId)}`);
  const body = await answer.json();
  if (!answer.ok) throw new Error(body.detail);
  return body;
}
