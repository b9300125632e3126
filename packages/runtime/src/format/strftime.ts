/** C's strftime in the C locale and the local time zone, with bpftrace's %f for microseconds. */

const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"] as const;
const MONTHS = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
] as const;

/** Conversions that stand for others. */
const SHORTHANDS: Readonly<Record<string, string>> = {
  T: "%H:%M:%S",
  R: "%H:%M",
  F: "%Y-%m-%d",
  D: "%m/%d/%y",
  x: "%m/%d/%y",
  X: "%H:%M:%S",
  r: "%I:%M:%S %p",
  c: "%a %b %e %H:%M:%S %Y",
  h: "%b",
};

/** @param micros microseconds within the second, for %f. An unknown conversion is kept as it is. */
export function strftime(format: string, date: Date, micros: number = date.getMilliseconds() * 1000): string {
  return format.replace(/%(.)/g, (whole, letter: string) => {
    const shorthand = SHORTHANDS[letter];
    return shorthand === undefined ? (field(letter, date, micros) ?? whole) : strftime(shorthand, date, micros);
  });
}

function field(letter: string, date: Date, micros: number): string | undefined {
  switch (letter) {
    case "H":
      return digits(date.getHours(), 2);
    case "I":
      return digits(hour12(date), 2);
    case "k":
      return String(date.getHours()).padStart(2);
    case "l":
      return String(hour12(date)).padStart(2);
    case "M":
      return digits(date.getMinutes(), 2);
    case "S":
      return digits(date.getSeconds(), 2);
    case "f":
      return digits(micros, 6);
    case "p":
      return date.getHours() < 12 ? "AM" : "PM";
    case "s":
      return String(Math.floor(date.getTime() / 1000));
    case "Y":
      return String(date.getFullYear());
    case "C":
      return digits(Math.floor(date.getFullYear() / 100), 2);
    case "y":
      return digits(date.getFullYear() % 100, 2);
    case "m":
      return digits(date.getMonth() + 1, 2);
    case "d":
      return digits(date.getDate(), 2);
    case "e":
      return String(date.getDate()).padStart(2);
    case "j":
      return digits(dayOfYear(date) + 1, 3);
    case "u":
      return String(date.getDay() || 7);
    case "w":
      return String(date.getDay());
    case "U":
      return digits(Math.floor((dayOfYear(date) + 7 - date.getDay()) / 7), 2);
    case "W":
      return digits(Math.floor((dayOfYear(date) + 7 - ((date.getDay() + 6) % 7)) / 7), 2);
    case "A":
      return DAYS[date.getDay()];
    case "a":
      return DAYS[date.getDay()]!.slice(0, 3);
    case "B":
      return MONTHS[date.getMonth()];
    case "b":
      return MONTHS[date.getMonth()]!.slice(0, 3);
    case "z":
      return zone(date);
    case "Z":
      return zoneName(date);
    case "n":
      return "\n";
    case "t":
      return "\t";
    case "%":
      return "%";
    default:
      return undefined;
  }
}

function digits(value: number, width: number): string {
  return String(value).padStart(width, "0");
}

function hour12(date: Date): number {
  return date.getHours() % 12 || 12;
}

function dayOfYear(date: Date): number {
  const today = Date.UTC(date.getFullYear(), date.getMonth(), date.getDate());
  return Math.round((today - Date.UTC(date.getFullYear(), 0, 1)) / 86400000);
}

function zone(date: Date): string {
  const minutes = -date.getTimezoneOffset();
  const size = Math.abs(minutes);
  return (minutes < 0 ? "-" : "+") + digits(Math.floor(size / 60), 2) + digits(size % 60, 2);
}

/** "CET", or "GMT+2" where the zone has no short name in English. */
function zoneName(date: Date): string {
  const parts = new Intl.DateTimeFormat("en-US", { timeZoneName: "short" }).formatToParts(date);
  return parts.find((part) => part.type === "timeZoneName")?.value ?? zone(date);
}
