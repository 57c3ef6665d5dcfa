// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package nuclei

import "os"

// executable verifies the program while copying it into the folder of one start,
// where nobody else can change it, and returns the copy.
func (s *workshop) executable(folder string) (path string, open []*os.File, err error) {
	file, err := s.options.Program.open()
	if err != nil {
		return "", nil, err
	}
	defer file.Close()
	path, err = s.options.Program.copied(file, folder)
	return path, nil, err
}
