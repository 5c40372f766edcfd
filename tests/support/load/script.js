// Copyright (c) 2026 steward.platform contributors
// SPDX-License-Identifier: GPL-3.0-or-later
// One k6 process: half of RATE are reads, half are writes, over one PROTOCOL, until CONTROL says that it is over.
import exec from 'k6/execution';
import http from 'k6/http';
import { Counter, Trend } from 'k6/metrics';

const { ISP, MANAGEMENT, EDGE, PROTOCOL, RATE, RUN, CUSTOMER, CONTROL, SUMMARY } = __ENV;
const CHECK_EVERY = 2000;

const begun = new Counter('begun');
const ended = new Counter('ended');
const failed = new Counter('failed');
const serverErrors = new Counter('server_errors');
const bookings = new Counter('bookings');
const jobs = new Counter('jobs');
const took = new Trend('took', true);

// Each client has a connection of its own, keeps it and uses it every 0.8 s, so those that are made beforehand are enough
// as long as answers take less; the others are for a time when nothing is answered.
const arrivals = (name) => ({
  executor: 'constant-arrival-rate',
  exec: name,
  rate: Number(RATE) / 2,
  timeUnit: '1s',
  duration: '2h',
  preAllocatedVUs: Math.ceil((Number(RATE) / 2) * 0.8),
  maxVUs: 160,
});

export const options = {
  scenarios: { read: arrivals('read'), write: arrivals('write') },
  hosts: { [ISP]: EDGE, [MANAGEMENT]: EDGE },
  discardResponseBodies: true,
  summaryTrendStats: ['med', 'p(95)', 'p(99)', 'max'],
};

// These are the client's own: nothing is shared between clients.
let checked = 0;
let over = false;

// k6 drops what is under way when it is told to end, so each client stops by itself first.
function isOver() {
  if (!over && Date.now() - checked > CHECK_EVERY) {
    checked = Date.now();
    over = http.get(CONTROL).status !== 200;
  }
  return over;
}

function ask(method, host, path, body, expected, responseType) {
  begun.add(1);
  const headers = body ? { 'Content-Type': 'application/json' } : {};
  const answer = http.request(method, `https://${host}${path}`, body && JSON.stringify(body), {
    headers,
    responseType,
    timeout: '60s',
  });
  ended.add(1);
  took.add(answer.timings.duration);
  const right = answer.status === expected && answer.proto === PROTOCOL;
  if (!right) {
    failed.add(1);
    const { status, proto, error } = answer;
    console.log(JSON.stringify({ at: Date.now(), failed: `${method} ${path}: ${status} ${proto} ${error}` }));
  }
  if (answer.status >= 500) {
    serverErrors.add(1);
  }
  return right ? answer : null;
}

export function read() {
  if (isOver()) {
    return;
  }
  if (exec.scenario.iterationInTest % 5 > 0) {
    ask('GET', ISP, `/api/v1/customers/${CUSTOMER}`, null, 200, 'none');
    return;
  }
  const answer = ask('GET', ISP, '/version', null, 200, 'text');
  if (answer) {
    console.log(JSON.stringify({ at: Date.now(), version: answer.json('version') }));
  }
}

export function write() {
  if (isOver()) {
    return;
  }
  const number = exec.scenario.iterationInTest;
  if (number % 10 > 0) {
    // Nothing in the database keeps a booking from being stored twice: were it sent twice on its way, it would show.
    const plan = `${RUN} ${PROTOCOL} ${number}`;
    const booking = { customer_id: Number(CUSTOMER), plan, starts_at: '2030-01-01T00:00:00Z' };
    bookings.add(ask('POST', ISP, '/api/v1/bookings', booking, 201, 'none') ? 1 : 0);
  } else {
    const job = { id: crypto.randomUUID(), kind: RUN, seconds: 0.02 };
    jobs.add(ask('POST', MANAGEMENT, '/api/v1/jobs', job, 202, 'none') ? 1 : 0);
  }
}

export function handleSummary(data) {
  return { [SUMMARY]: JSON.stringify(data.metrics) };
}
