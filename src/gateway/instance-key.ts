/** A service of the session, or one of several instances of it. */
export interface InstanceRef {
  /** Of the service. */
  readonly name: string;
  /** From 1 where the service has several; absent: it has one. */
  readonly instance?: number;
}

/** What the gateway knows an instance by, unique among all of its services; of a service with one, the service's name. */
export function instanceKey({ name, instance }: InstanceRef): string {
  return instance === undefined ? name : `${name}\0${instance}`;
}
