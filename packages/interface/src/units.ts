declare const unit: unique symbol

/** A number whose unit is part of its type; erased at run time. */
export type Quantity<U extends string> = number & { readonly [unit]: U }

/** 10⁻³ s; the unit of the control plane. */
export type Milliseconds = Quantity<'ms'>
/** 10⁻⁶ s; the unit of measured delays. */
export type Microseconds = Quantity<'us'>
/** Bytes of 8 bits. */
export type Octets = Quantity<'octets'>
/** Parts in one; 0.01 is 1 %. */
export type Ratio = Quantity<'ratio'>
/** Parts per million; the rate of a clock against another. */
export type PartsPerMillion = Quantity<'ppm'>
/** Timestamps that must not lose precision are branded bigints. */
export type Nanoseconds = bigint & { readonly [unit]: 'ns' }

/** Brands a number as milliseconds. */
export const ms = (value: number): Milliseconds => value as Milliseconds
/** Brands a number as microseconds. */
export const us = (value: number): Microseconds => value as Microseconds
/** Brands a number as octets. */
export const octets = (value: number): Octets => value as Octets
/** Brands a number as a ratio; 1 is all. */
export const ratio = (value: number): Ratio => value as Ratio
/** Brands a number as parts per million. */
export const ppm = (value: number): PartsPerMillion => value as PartsPerMillion
/** Brands a bigint as nanoseconds. */
export const ns = (value: bigint): Nanoseconds => value as Nanoseconds
