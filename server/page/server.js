// Talking to the server this page came from.

// Something went wrong that is worth a sentence.
export class Failure extends Error {}

async function failure(response) {
  if (response.status === 401) return new Failure("This server needs an API key; reload the page to be asked for it.");
  try {
    const problem = await response.json();
    const fields = (problem.errors || []).map((e) => (e.pointer || "").replace(/^\//, "") + ": " + e.detail);
    const wait = response.headers.get("retry-after");
    return new Failure([problem.detail || problem.title, ...fields, wait ? "Try again in " + wait + " s." : ""]
      .filter(Boolean).join(" "));
  } catch {
    return new Failure("The server answered " + response.status + ".");
  }
}

async function asked(path, options) {
  let response;
  try {
    response = await fetch(path, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Failure("The server cannot be reached.");
  }
  if (!response.ok) throw await failure(response);
  return response;
}

const posted = (body, signal) =>
  ({ method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body), signal });

export const get = async (path) => (await asked(path, { headers: { accept: "application/json" } })).json();
export const post = async (path, body, signal) => (await asked(path, posted(body, signal))).json();

// The events of a stream: [name, data] pairs. `EventSource` cannot send a body, so the stream is read by hand.
export async function* events(path, body, signal) {
  const reader = (await asked(path, posted(body, signal))).body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  let done = false;
  while (!done) {
    let value = "";
    try {
      ({ value = "", done } = await reader.read());
    } catch (error) {
      if (error.name === "AbortError") throw error;
      throw new Failure("The connection to the server was lost.");
    }
    text += value;
    const blocks = text.split("\n\n");
    text = blocks.pop();
    for (const block of blocks) {
      const lines = block.split("\n");
      const name = lines.find((line) => line.startsWith("event: "));
      const data = lines.find((line) => line.startsWith("data: "));
      if (name && data) yield [name.slice(7), JSON.parse(data.slice(6))];
    }
  }
}
