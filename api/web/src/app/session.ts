/** Who is asking, and what that person may do as far as the page has to know. */
import { createContext, useContext } from "react";
import type { Session } from "../api/types";

export const SessionContext = createContext<Session | null>(null);

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === null) throw new Error("expected a session around every screen, found none");
  return session;
}

/** Whether the person may do something; what is not known is offered, and the api has the last word. */
export function useMay(): (permission: string) => boolean {
  const { permissions } = useSession();
  return (permission) => permissions === undefined || permissions.includes(permission);
}
