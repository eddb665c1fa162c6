import { expect, test } from "vitest";
import { FifoQueue, ReceiptExpired } from "../../../simulation/events/fifo-queue.ts";

/** Times are milliseconds. */

function createQueue(): FifoQueue {
  return new FifoQueue({ retentionSeconds: 60, visibilitySeconds: 5 });
}

test("a message is received once while it is invisible, and again after 5 s", () => {
  const queue = createQueue();
  queue.send("one", "main", 0);
  expect(queue.receive(10)?.body).toBe("one");
  expect(queue.receive(5009)).toBeUndefined();
  expect(queue.nextVisibleMs(5009)).toBe(5010);
  expect(queue.receive(5010)?.body).toBe("one");
});

test("messages of a group are received in order: the second waits for the first", () => {
  const queue = createQueue();
  queue.send("one", "main", 0);
  queue.send("two", "main", 0);
  queue.send("other", "another", 0);
  const first = queue.receive(1);
  expect(first?.body).toBe("one");
  expect(queue.receive(1)?.body).toBe("other");
  expect(queue.receive(1)).toBeUndefined();
  queue.delete(first?.receiptHandle ?? "", 2);
  expect(queue.receive(2)?.body).toBe("two");
});

test("a second message of the same content is dropped for 5 minutes, also after the first was deleted", () => {
  const queue = createQueue();
  const id = queue.send("one", "main", 0);
  queue.delete(queue.receive(0)?.receiptHandle ?? "", 0);
  expect(queue.send("one", "main", 299_999)).toBe(id);
  expect(queue.count(299_999)).toBe(0);
  expect(queue.send("one", "main", 300_000)).not.toBe(id);
  expect(queue.receive(300_000)?.body).toBe("one");
});

test("a message is dropped after 60 s, and no longer blocks its group", () => {
  const queue = createQueue();
  queue.send("one", "main", 0);
  queue.send("two", "main", 30_000);
  expect(queue.receive(59_999)?.body).toBe("one");
  expect(queue.receive(60_000)?.body).toBe("two");
  expect(queue.count(90_000)).toBe(0);
});

test("a message that has become visible again cannot be deleted with its first receipt", () => {
  const queue = createQueue();
  queue.send("one", "main", 0);
  const first = queue.receive(0)?.receiptHandle ?? "";
  expect(() => queue.delete(first, 5000)).toThrow(ReceiptExpired);
  const second = queue.receive(5000)?.receiptHandle ?? "";
  expect(() => queue.delete(first, 5001)).toThrow(ReceiptExpired);
  queue.delete(second, 5001);
  expect(queue.count(5001)).toBe(0);
});
