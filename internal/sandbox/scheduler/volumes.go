package scheduler

import (
	"os"
	"path/filepath"

	"github.com/google/uuid"
)

// reserve pins an instance to the agent it is launched on: resources and ports stay with it, and its persistent volumes
// are made.
func (c *Core) reserve(i *instance) {
	i.Reserved = true
	for _, v := range i.Spec.Container.Volumes {
		if v.Persistent != nil {
			i.Volumes = append(i.Volumes, LocalVolume{AppID: i.AppID, ContainerPath: v.ContainerPath, UUID: uuid.NewString()})
		}
	}
}

func (c *Core) volumeDir(v LocalVolume) string { return filepath.Join(c.opts.VolumesDir, v.UUID) }

// volumeDirs are the directories of an instance's volumes by containerPath.
func (c *Core) volumeDirs(i *instance) map[string]string {
	out := map[string]string{}
	for _, v := range i.Volumes {
		out[v.ContainerPath] = c.volumeDir(v)
	}
	return out
}

func makeVolumes(dirs map[string]string) error {
	for _, dir := range dirs {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return err
		}
	}
	return nil
}

// destroyVolumes removes what an instance kept. It may be much, so nobody waits for it.
func (c *Core) destroyVolumes(i *instance) {
	for _, v := range i.Volumes {
		dir := c.volumeDir(v)
		c.ops = append(c.ops, func() {
			c.wg.Go(func() {
				if err := os.RemoveAll(dir); err != nil {
					c.log.Error("a persistent volume could not be removed", "dir", dir, "error", err)
				}
			})
		})
	}
	i.Volumes = nil
}

// cleanVolumes removes volumes that nothing refers to: those whose removal was cut short by the end of the process.
func (c *Core) cleanVolumes() {
	known := map[string]bool{}
	for _, i := range c.instances {
		for _, v := range i.Volumes {
			known[v.UUID] = true
		}
	}
	for _, o := range c.orphans {
		for _, v := range o.Volumes {
			known[v.UUID] = true
		}
	}
	entries, err := os.ReadDir(c.opts.VolumesDir)
	if err != nil {
		return
	}
	for _, e := range entries {
		if uuid.Validate(e.Name()) == nil && !known[e.Name()] {
			c.destroyVolumes(&instance{Volumes: []LocalVolume{{UUID: e.Name()}}})
		}
	}
}
