// Times, money and quantities as people read them. An absent value is a dash, never a zero.

const NONE = "–";
let zone = "UTC";
let clock = timeFormat({ hour: "2-digit", minute: "2-digit", second: "2-digit" });
let minutes = timeFormat({ hour: "2-digit", minute: "2-digit" });
let days = timeFormat({ weekday: "short", day: "numeric", month: "short", year: "numeric" });

function timeFormat(options) {
  return new Intl.DateTimeFormat("en-GB", { ...options, timeZone: zone, hourCycle: "h23" });
}

/** Shows all times in this IANA zone from now on. */
export function useTimezone(name) {
  if (name === zone) return;
  zone = name;
  clock = timeFormat({ hour: "2-digit", minute: "2-digit", second: "2-digit" });
  minutes = timeFormat({ hour: "2-digit", minute: "2-digit" });
  days = timeFormat({ weekday: "short", day: "numeric", month: "short", year: "numeric" });
}

/** The zone that times are shown in. */
export const timezone = () => zone;
export const clockTime = (stamp) => (stamp ? clock.format(new Date(stamp)) : NONE);
export const shortTime = (stamp) => (stamp ? minutes.format(new Date(stamp)) : NONE);
export const day = (stamp) => (stamp ? days.format(new Date(stamp)) : NONE);

/** Seconds as a short duration. */
export function duration(seconds) {
  if (seconds === null || seconds === undefined) return NONE;
  const whole = Math.round(Math.abs(seconds));
  const sign = seconds <= -1 ? "−" : "";
  if (whole < 100) return `${sign}${whole} s`;
  if (whole < 6000) return `${sign}${Math.round(whole / 60)} min`;
  return `${sign}${Math.floor(whole / 3600)} h ${Math.round((whole % 3600) / 60)} min`;
}

/** A number with a unit. */
export function quantity(value, unit, digits = 0) {
  return value === null || value === undefined ? NONE : `${value.toFixed(digits)} ${unit}`;
}

/** An amount in the plan's currency. */
export function money(amount, currency) {
  return amount === null || amount === undefined ? NONE : `${amount.toFixed(2)} ${currency ?? ""}`.trim();
}

/** A fraction as per cent. */
export function percent(fraction) {
  return fraction === null || fraction === undefined ? NONE : `${Math.round(100 * fraction)} %`;
}

/** A position, longitude first. */
export function position(place) {
  return place ? `${place[0].toFixed(5)}, ${place[1].toFixed(5)}` : NONE;
}

/** A content hash or id that is too long to read, cut. */
export function brief(text, length = 18) {
  if (!text) return NONE;
  return text.length <= length ? text : `${text.slice(0, length)}…`;
}

export const orDash = (value) => (value === null || value === undefined || value === "" ? NONE : String(value));
