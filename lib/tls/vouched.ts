import type { X509Certificate } from "node:crypto";

/**
 * Whether one of these authorities vouches for the first certificate of a chain, by itself or by
 * those behind it, at a time (Unix milliseconds). The chain was verified before, by whatever
 * authority was trusted then: nothing but where it ends is asked. Pure.
 */
export function isVouchedFor(
  chain: readonly X509Certificate[],
  authorities: readonly X509Certificate[],
  now: number,
): boolean {
  const good = authorities.filter((each) => isValidAt(each, now));
  for (const certificate of chain) {
    // One in the middle that has ended vouches for nobody any more.
    if (!isValidAt(certificate, now)) return false;
    if (good.some((authority) => isBy(certificate, authority))) return true;
  }
  return false;
}

function isBy(certificate: X509Certificate, authority: X509Certificate): boolean {
  return certificate.checkIssued(authority) && certificate.verify(authority.publicKey);
}

function isValidAt({ validFromDate, validToDate }: X509Certificate, now: number): boolean {
  return validFromDate.getTime() <= now && now <= validToDate.getTime();
}
