// SPDX-License-Identifier: Apache-2.0

package web

import (
	"fmt"
	"strings"

	"github.com/boombuler/barcode/qr"
)

// square is a QR code drawn in the page itself: what it says is shown once, and is no
// picture to fetch again.
type square struct {
	Side int    // modules, with the quiet zone of ISO/IEC 18004
	Path string // of the dark modules
}

const quietZone = 4 // modules

// drawSquare draws a QR code that survives a stain on the sheet it is printed on.
func drawSquare(text string) (square, error) {
	code, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil {
		return square{}, fmt.Errorf("draw QR code: %w", err)
	}
	side := code.Bounds().Dx()
	var path strings.Builder
	for y := range side {
		for x := range side {
			if red, _, _, _ := code.At(x, y).RGBA(); red == 0 {
				fmt.Fprintf(&path, "M%d %dh1v1h-1z", x+quietZone, y+quietZone)
			}
		}
	}
	return square{side + 2*quietZone, path.String()}, nil
}
