import { describe, expect, test } from "vitest";
import { createFaults } from "../../../local/sandbox/faults.ts";
import type { Call } from "../../../local/sandbox/http/exchange.ts";

const SET: Call = { service: "AutoScaling", action: "SetDesiredCapacity", subject: "web" };

describe("an injected fault", () => {
  test("applies to every call of its service", () => {
    const faults = createFaults();
    faults.add({ service: "AutoScaling", fault: "hang" });
    expect([faults.take(SET), faults.take(SET)]).toEqual(["hang", "hang"]);
    expect(faults.take({ ...SET, service: "SSM" })).toBeUndefined();
  });

  test("applies to one action or one subject only, if the rule names it", () => {
    const faults = createFaults();
    faults.add({ service: "AutoScaling", action: "SetDesiredCapacity", fault: "hang" });
    faults.add({ service: "AutoScaling", subject: "ios", fault: "reset" });
    expect(faults.take(SET)).toBe("hang");
    expect(faults.take({ ...SET, action: "DescribeAutoScalingGroups" })).toBeUndefined();
    expect(faults.take({ ...SET, subject: "ios" })).toBe("reset");
  });

  test("applies to a number of calls, and counts only those that it applies to", () => {
    const faults = createFaults();
    faults.add({ service: "AutoScaling", times: 2, fault: "hang" });
    faults.take({ ...SET, service: "SSM" });
    expect([SET, SET, SET].map(faults.take)).toEqual(["hang", "hang", undefined]);
  });

  test("that was added last comes first; when it is used up, the one before it applies", () => {
    const faults = createFaults();
    faults.add({ service: "AutoScaling", fault: "hang" });
    faults.add({ service: "AutoScaling", times: 1, fault: "reset" });
    expect([SET, SET].map(faults.take)).toEqual(["reset", "hang"]);
  });

  test("does not apply after the faults are cleared", () => {
    const faults = createFaults();
    faults.add({ service: "AutoScaling", fault: "hang" });
    faults.clear();
    expect(faults.take(SET)).toBeUndefined();
  });
});
