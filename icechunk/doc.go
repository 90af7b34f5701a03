// Package icechunk keeps groups and arrays in transactions: repositories in
// the Icechunk format, specification 2.1, in any blob.Bucket.
package icechunk
