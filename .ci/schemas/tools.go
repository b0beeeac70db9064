//go:build tools

// Package schemas names what is needed of the modules.
package schemas
