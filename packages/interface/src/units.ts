declare const unit: unique symbol

/** A number whose unit is part of its type; erased at run time. */
export type Quantity<U extends string> = number & { readonly [unit]: U }

export type Milliseconds = Quantity<'ms'>
export type Microseconds = Quantity<'us'>
export type Octets = Quantity<'octets'>
/** Parts in one; 0.01 is 1 %. */
export type Ratio = Quantity<'ratio'>
/** Parts per million; the rate of a clock against another. */
export type PartsPerMillion = Quantity<'ppm'>
/** Timestamps that must not lose precision are branded bigints. */
export type Nanoseconds = bigint & { readonly [unit]: 'ns' }

export const ms = (value: number): Milliseconds => value as Milliseconds
export const us = (value: number): Microseconds => value as Microseconds
export const octets = (value: number): Octets => value as Octets
export const ratio = (value: number): Ratio => value as Ratio
export const ppm = (value: number): PartsPerMillion => value as PartsPerMillion
export const ns = (value: bigint): Nanoseconds => value as Nanoseconds
