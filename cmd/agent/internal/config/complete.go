// SPDX-License-Identifier: Apache-2.0

package config

import (
	"path/filepath"
	"slices"
	"time"

	"carescan/scanner"
)

// complete fills the defaults and makes paths start at a folder.
func (c Config) complete(folder string) Config {
	c.State = defaulted(c.State, "state")
	c.Profile = defaulted(c.Profile, "etablissement")
	c.Vantage = defaulted(c.Vantage, scanner.VantageInside)
	c.StatusAddress = defaulted(c.StatusAddress, "127.0.0.1:8321")
	c.Network.ConfirmAfter = defaulted(c.Network.ConfirmAfter, scanner.ConfirmDelay)
	c.Templates.Timeout = defaulted(c.Templates.Timeout, 20*time.Minute)
	c.Templates.MemoryMB = defaulted(c.Templates.MemoryMB, 512)
	for _, path := range c.paths() {
		if *path != "" && !filepath.IsAbs(*path) {
			*path = filepath.Join(folder, *path)
		}
	}
	return c
}

func (c *Config) paths() []*string {
	paths := []*string{
		&c.State, &c.ProfilesFolder, &c.Network.CAFile, &c.Templates.Folder, &c.HostingRegister, &c.Attestations,
		&c.Lists.Exploited, &c.Lists.EndOfLife, &c.Templates.Pins, &c.Templates.Program,
	}
	for i := range c.Network.PrivateCAFiles {
		paths = append(paths, &c.Network.PrivateCAFiles[i])
	}
	if !c.Network.LogIsRemote() {
		paths = append(paths, &c.Network.CertificateLog)
	}
	for i := range c.Directories {
		paths = append(paths, &c.Directories[i].CAFile, &c.Directories[i].PasswordFile)
	}
	for i := range c.Applications {
		paths = append(paths, &c.Applications[i].File)
	}
	return paths
}

func defaulted[T comparable](value, fallback T) T {
	var zero T
	if value == zero {
		return fallback
	}
	return value
}

// Files lists every file the configuration names to be read, folders and
// programs left out.
func (c Config) Files() []string {
	others := []*string{&c.State, &c.ProfilesFolder, &c.Templates.Folder, &c.Templates.Program}
	var files []string
	for _, path := range c.paths() {
		if *path != "" && !slices.ContainsFunc(others, func(other *string) bool { return *other == *path }) {
			files = append(files, *path)
		}
	}
	return files
}
