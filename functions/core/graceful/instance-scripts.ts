export const LOOK_SCRIPT = "";
export const STOP_SCRIPT = "";
