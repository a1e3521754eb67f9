/**
 * Groups whose objects are patterns about images, not images: they match, they do not run. Only what a
 * policy generates (Kyverno `generate`) is a manifest.
 */
const POLICY_GROUP = /(?:^|\.)(?:kyverno\.io|gatekeeper\.sh|policy\.sigstore\.dev)$|^admissionregistration\.k8s\.io$/;

/** Whether objects of this `apiVersion` are patterns. */
export const isPattern = (apiVersion: string): boolean => POLICY_GROUP.test(groupOf(apiVersion));

/** The group of an `apiVersion`; empty for the core group. */
export const groupOf = (apiVersion: string): string => (apiVersion.includes("/") ? apiVersion.slice(0, apiVersion.indexOf("/")) : "");
