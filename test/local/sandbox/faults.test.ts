import { describe, expect, test } from "vitest";
import { createFaults } from "../../../local/sandbox/faults.ts";
import type { Call } from "../../../local/sandbox/http/exchange.ts";

const SET: Call = { service: "AutoScaling", action: "SetDesiredCapacity", subject: "web" };

describe("a fault of the sandbox", () => {
  test("befalls every call of its service, again and again", () => {
    const faults = createFaults();
    faults.add({ service: "AutoScaling", fault: "hang" });
    expect([faults.of(SET), faults.of(SET)]).toEqual(["hang", "hang"]);
    expect(faults.of({ ...SET, service: "SSM" })).toBeUndefined();
  });

  test("befalls one action only, or one subject only, where it says so", () => {
    const faults = createFaults();
    faults.add({ service: "AutoScaling", action: "SetDesiredCapacity", fault: "hang" });
    faults.add({ service: "AutoScaling", subject: "ios", fault: "reset" });
    expect(faults.of(SET)).toBe("hang");
    expect(faults.of({ ...SET, action: "DescribeAutoScalingGroups" })).toBeUndefined();
    expect(faults.of({ ...SET, subject: "ios" })).toBe("reset");
  });

  test("befalls so many calls as it says, and those only are counted", () => {
    const faults = createFaults();
    faults.add({ service: "AutoScaling", times: 2, fault: "hang" });
    faults.of({ ...SET, service: "SSM" });
    expect([SET, SET, SET].map(faults.of)).toEqual(["hang", "hang", undefined]);
  });

  test("that was added last comes first, and the one before it comes when that is used up", () => {
    const faults = createFaults();
    faults.add({ service: "AutoScaling", fault: "hang" });
    faults.add({ service: "AutoScaling", times: 1, fault: "reset" });
    expect([SET, SET].map(faults.of)).toEqual(["reset", "hang"]);
  });

  test("is gone when the faults are cleared", () => {
    const faults = createFaults();
    faults.add({ service: "AutoScaling", fault: "hang" });
    faults.clear();
    expect(faults.of(SET)).toBeUndefined();
  });
});
