// Comfort only: every page works without it.
"use strict";

// A button that copies what it names.
for (const button of document.querySelectorAll("button[data-copy]")) {
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    const from = document.getElementById(button.dataset.copy);
    const label = button.textContent;
    try {
      await navigator.clipboard.writeText(from.value ?? from.textContent);
      button.textContent = "Copied";
    } catch {
      button.textContent = "Not allowed to copy";
    }
    setTimeout(() => { button.textContent = label; }, 2000);
  });
}

// A picker asks as a person types. What is chosen moves to those chosen, and stays there.
for (const picker of document.querySelectorAll("[data-choices]")) {
  const search = picker.querySelector("input[type=search]");
  const chosen = picker.querySelector(".chosen");
  const found = picker.querySelector(".found");
  let waiting, latest = 0;

  const ask = async () => {
    const url = new URL(picker.dataset.choices, location.href);
    url.searchParams.set("typed", search.value);
    const mine = ++latest;
    const answer = await fetch(url);
    if (!answer.ok || mine !== latest) return;
    const template = document.createElement("template");
    template.innerHTML = await answer.text();
    const names = new Set([...chosen.querySelectorAll("input")].map((it) => it.value));
    for (const item of template.content.querySelectorAll("li")) {
      const input = item.querySelector("input");
      if (input && names.has(input.value)) item.remove();
    }
    found.replaceChildren(template.content);
  };
  search.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(ask, 250);
  });
  search.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    clearTimeout(waiting);
    ask();
  });
  found.addEventListener("change", (event) => {
    if (!event.target.checked) return;
    chosen.append(event.target.closest("li"));
    event.target.focus();
    // Who picks from a list has chosen to have one.
    const alternative = picker.closest(".alternative")?.querySelector("input[type=radio]");
    if (alternative) alternative.checked = true;
  });
}

// What is under way is looked at every second; when it is over, the page is read again.
const activity = document.querySelector("[data-activity]");
if (activity) {
  const look = async () => {
    const answer = await fetch(activity.dataset.activity).catch(() => null);
    if (answer?.status === 204) return location.reload();
    if (answer?.redirected) return location.reload();
    if (answer?.ok) activity.innerHTML = await answer.text();
    setTimeout(look, 1000);
  };
  setTimeout(look, 1000);
}
