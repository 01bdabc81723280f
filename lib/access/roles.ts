/** What somebody may do, from least to most: each role may do what those before it may. */
export const roles = ["view", "operate", "admin"] as const;

/**
 * One of {@link roles}.
 *
 * - `view`: everything that reads.
 * - `operate`: what steers traffic, and what costs much.
 * - `admin`: everything.
 */
export type Role = (typeof roles)[number];

/** Whether who has the role `has` may do what takes `needed`. */
export function covers(has: Role | "none", needed: Role): boolean {
  return has !== "none" && roles.indexOf(has) >= roles.indexOf(needed);
}

/** What each method of the API takes, by service and name. A new one belongs here: a test asks. */
export const methodRoles: Readonly<Record<string, Role>> = {
  "maglev.Maglev/ListFrontends": "view",
  "maglev.Maglev/GetFrontend": "view",
  "maglev.Maglev/ListBackends": "view",
  "maglev.Maglev/GetBackend": "view",
  "maglev.Maglev/PauseBackend": "operate",
  "maglev.Maglev/ResumeBackend": "operate",
  "maglev.Maglev/EnableBackend": "operate",
  "maglev.Maglev/DisableBackend": "operate",
  "maglev.Maglev/DrainBackend": "operate",
  "maglev.Maglev/ListHealthChecks": "view",
  "maglev.Maglev/GetHealthCheck": "view",
  "maglev.Maglev/SetFrontendPoolBackendWeight": "operate",
  "maglev.Maglev/Operate": "operate",
  "maglev.Maglev/WatchEvents": "view",
  // It reads, but a file of megabytes is read and checked for it.
  "maglev.Maglev/CheckConfig": "operate",
  "maglev.Maglev/ReloadConfig": "admin",
  "maglev.Maglev/GetStatus": "view",
  "maglev.Maglev/GetVPPInfo": "view",
  "maglev.Maglev/GetVPPLBState": "view",
  "maglev.Maglev/SyncVPPLBState": "operate",
  "maglev.Maglev/GetVPPLBCounters": "view",
  "maglev.Maglev/PlanVPPLBState": "view",
  "maglev.Maglev/ListEvents": "view",
  "grpc.health.v1.Health/Check": "view",
  "grpc.health.v1.Health/Watch": "view",
  "grpc.reflection.v1.ServerReflection/ServerReflectionInfo": "view",
  "grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo": "view",
};

/** What watching log records of level debug takes: there are thousands of them a second. */
export const debugEventsRole: Role = "operate";

/** What a method takes, `maglev.Maglev/GetBackend` say; what the table does not know takes all. */
export function roleOfMethod(method: string): Role {
  return Object.hasOwn(methodRoles, method) ? methodRoles[method] ?? "admin" : "admin";
}
