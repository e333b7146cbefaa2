// Conveniences only: every page works without this script.
"use strict";

// A copy button copies the text of the element with the id in its `data-copy`.
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

// A picker loads matching choices during typing. A ticked choice moves to the list of chosen
// ones.
for (const picker of document.querySelectorAll("[data-choices]")) {
  const search = picker.querySelector("input[type=search]");
  const chosen = picker.querySelector(".chosen");
  const found = picker.querySelector(".found");
  let timer, latest = 0;

  const load = async () => {
    const url = new URL(picker.dataset.choices, location.href);
    url.searchParams.set("typed", search.value);
    const request = ++latest;
    const answer = await fetch(url);
    if (!answer.ok || request !== latest) return;
    const template = document.createElement("template");
    template.innerHTML = await answer.text();
    const names = new Set([...chosen.querySelectorAll("input")].map((input) => input.value));
    for (const item of template.content.querySelectorAll("li")) {
      const input = item.querySelector("input");
      if (input && names.has(input.value)) item.remove();
    }
    found.replaceChildren(template.content);
  };
  search.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(load, 250);
  });
  search.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    clearTimeout(timer);
    load();
  });
  found.addEventListener("change", (event) => {
    if (!event.target.checked) return;
    chosen.append(event.target.closest("li"));
    event.target.focus();
    // Ticking a choice selects the radio button of its list.
    const alternative = picker.closest(".alternative")?.querySelector("input[type=radio]");
    if (alternative) alternative.checked = true;
  });
}

// The progress of a running sync is loaded every second. When the sync ends, the page is reloaded.
for (const activity of document.querySelectorAll("[data-activity]")) {
  const update = async () => {
    const answer = await fetch(activity.dataset.activity).catch(() => null);
    if (answer?.status === 204) return location.reload();
    if (answer?.redirected) return location.reload();
    if (answer?.ok) activity.innerHTML = await answer.text();
    setTimeout(update, 1000);
  };
  setTimeout(update, 1000);
}

// What is free is loaded again when a field changes that it depends on.
for (const form of document.querySelectorAll("form[data-free]")) {
  const free = form.querySelector(".free");
  const status = form.querySelector(".free-status");
  const others = new Set(["csrf", "do", "title", "invite", "organizer", "organizer-id", "search"]);
  let timer, latest = 0;

  const load = async () => {
    const url = new URL(form.dataset.free, location.href);
    for (const [name, value] of new FormData(form)) {
      if (!others.has(name)) url.searchParams.append(name, value);
    }
    const request = ++latest;
    const answer = await fetch(url).catch(() => null);
    if (request !== latest) return;
    if (!answer?.ok || answer.redirected) {
      free.textContent = "What is free cannot be shown now. Press “Show what is free”.";
      return;
    }
    free.innerHTML = await answer.text();
    status.textContent = free.querySelector(".verdicts")?.textContent ?? "";
  };
  form.addEventListener("change", (event) => {
    if (others.has(event.target.name)) return;
    clearTimeout(timer);
    timer = setTimeout(load, 250);
  });
}
