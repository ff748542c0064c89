package conform

import (
	"testing"

	"github.com/jwtgate/jwtgate/core/adaptertest"
)

func TestConform(t *testing.T) { adaptertest.Run(t, Mounts...) }

func FuzzRequest(f *testing.F) { adaptertest.Fuzz(f, Mounts...) }
