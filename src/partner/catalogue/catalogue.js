"use strict";
// Sends the message of the form as any caller would, and shows the answer as it came.
const form = document.getElementById("form");
const service = document.getElementById("service");
const message = document.getElementById("message");
const state = document.getElementById("status");
const answer = document.getElementById("answer");

async function sample() {
  const file = await fetch(service.value);
  message.value = await file.text();
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  state.textContent = "…";
  try {
    const began = performance.now();
    const response = await fetch("/xroad", {
      method: "POST",
      headers: { "Content-Type": "text/xml; charset=utf-8" },
      body: message.value,
    });
    answer.textContent = await response.text();
    state.textContent = `HTTP ${response.status}, ${Math.round(performance.now() - began)} ms`;
  } catch (error) {
    state.textContent = String(error);
  }
});
service.addEventListener("change", sample);
sample();
