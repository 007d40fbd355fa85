"""A ray tracer for one scene: a coloured object on the floor of a room without a ceiling, lit by a lamp.

The object stands at the origin; x points right, y away from the camera at orientation 0, and z up. The camera goes
round the object and always faces it. Light is that of early graphics cards (after Phong 1975): a share that is
everywhere, one for what faces the camera, and one of a lamp with a fading cone, a hard shadow and, on the object, an
even glare.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from latune.images.sprites import compiled

__all__ = ["Room", "draw_scenes"]

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

CUBE, CYLINDER, SPHERE, CAPSULE = range(4)
SKY, FLOOR, WALL, OBJECT = range(4)
_SIZE = 64
_SAMPLES = 4  # a side, of pixels where surfaces meet
_FAR = 1e9
_NEAR = 1e-6


class Room(NamedTuple):
    """What is the same in all pictures; lengths in units of the distance from the camera to the object."""

    focal: float
    """Focal length, in pixels."""
    height: float
    """Of the camera."""
    tilt: float
    """How far the camera looks down, in radians."""
    back: float
    """Distance from the object to the wall behind it."""
    side: float
    """Distance from the object to the walls at both sides."""
    wall: float
    """Height of the walls."""
    cube: float
    """Half a side, at scale 1; the radii are at scale 1, too."""
    sphere: float
    cylinder: float
    """Its height is twice the radius."""
    capsule: float
    """Its height is four times the radius."""
    lamp_x: float
    lamp_y: float
    lamp_z: float
    aim_x: float
    """Where the middle of the lamp's cone meets the floor."""
    aim_y: float
    everywhere: float
    """Brightness that every surface has."""
    camera: float
    """Brightness of what faces the camera's direction."""
    floor_lamp: float
    """Brightness of what faces the lamp, in the middle of its cone."""
    wall_lamp: float
    object_lamp: float
    glare: float
    """Added to every colour of the object where the lamp shines on it."""


class Rays(NamedTuple):
    """What N rays have met."""

    surface: NDArray[np.uint8]
    bright: Floats
    glare: Floats


class View(NamedTuple):
    """Where the camera looks: sine and cosine of its turn round the object, and of its tilt."""

    sine: float
    cosine: float
    down: float
    level: float


@compiled
def _box(ox: float, oy: float, oz: float, dx: float, dy: float, dz: float, half: float) -> tuple[float, int]:
    """Distance to the cube of half side `half` on the floor, and the axis of the face; `_FAR` where it is missed."""
    first, last, axis = -_FAR, _FAR, 0
    for k in range(3):
        o = ox if k == 0 else (oy if k == 1 else oz - half)
        d = dx if k == 0 else (dy if k == 1 else dz)
        if abs(d) < 1e-12:
            if abs(o) > half:
                return _FAR, 0
            continue
        one, two = (-half - o) / d, (half - o) / d
        if one > two:
            one, two = two, one
        if one > first:
            first, axis = one, k
        last = min(last, two)
    if first > last or first < _NEAR:
        return _FAR, 0
    return first, axis


@compiled
def _ball(ox: float, oy: float, oz: float, dx: float, dy: float, dz: float, middle: float, radius: float) -> float:
    """Distance to the ball whose middle is `middle` above the origin."""
    oz = oz - middle
    a = dx * dx + dy * dy + dz * dz
    b = ox * dx + oy * dy + oz * dz
    inside = b * b - a * (ox * ox + oy * oy + oz * oz - radius * radius)
    if inside < 0:
        return _FAR
    t = (-b - np.sqrt(inside)) / a
    return t if t > _NEAR else _FAR


@compiled
def _tube(
    ox: float, oy: float, oz: float, dx: float, dy: float, dz: float, radius: float, low: float, high: float
) -> float:
    """Distance to the side of the upright cylinder between two heights."""
    a = dx * dx + dy * dy
    b = ox * dx + oy * dy
    inside = b * b - a * (ox * ox + oy * oy - radius * radius)
    if inside < 0 or a < 1e-12:
        return _FAR
    t = (-b - np.sqrt(inside)) / a
    z = oz + t * dz
    return t if t > _NEAR and low <= z <= high else _FAR


@compiled
def _lid(ox: float, oy: float, oz: float, dx: float, dy: float, dz: float, radius: float, z: float) -> float:
    """Distance to the upper disc of the cylinder."""
    if dz >= 0 or oz <= z:
        return _FAR
    t = (z - oz) / dz
    x, y = ox + t * dx, oy + t * dy
    return t if x * x + y * y <= radius * radius else _FAR


@compiled
def _object(
    ox: float, oy: float, oz: float, dx: float, dy: float, dz: float, shape: int, scale: float, room: Room
) -> tuple[float, float, float, float]:
    """Distance to the object along a ray, and its normal there; `_FAR` where it is missed."""
    if shape == CUBE:
        t, axis = _box(ox, oy, oz, dx, dy, dz, room.cube * scale)
        nx = -np.sign(dx) if axis == 0 else 0.0
        ny = -np.sign(dy) if axis == 1 else 0.0
        nz = -np.sign(dz) if axis == 2 else 0.0
        return t, nx, ny, nz
    if shape == SPHERE:
        radius = room.sphere * scale
        t = _ball(ox, oy, oz, dx, dy, dz, radius, radius)
        return t, (ox + t * dx) / radius, (oy + t * dy) / radius, (oz + t * dz) / radius - 1.0
    if shape == CYLINDER:
        radius, top = room.cylinder * scale, 2 * room.cylinder * scale
        t = _tube(ox, oy, oz, dx, dy, dz, radius, 0.0, top)
        lid = _lid(ox, oy, oz, dx, dy, dz, radius, top)
        if lid < t:
            return lid, 0.0, 0.0, 1.0
        return t, (ox + t * dx) / radius, (oy + t * dy) / radius, 0.0
    radius, top = room.capsule * scale, 4 * room.capsule * scale
    t = _tube(ox, oy, oz, dx, dy, dz, radius, radius, top - radius)
    middle = oz + t * dz
    for end in range(2):
        centre = radius if end == 0 else top - radius
        round_ = _ball(ox, oy, oz, dx, dy, dz, centre, radius)
        if round_ < t:
            t, middle = round_, centre
    return t, (ox + t * dx) / radius, (oy + t * dy) / radius, (oz + t * dz - middle) / radius


@compiled
def _surface(
    ox: float, oy: float, oz: float, dx: float, dy: float, dz: float, shape: int, scale: float, room: Room
) -> tuple[int, float, float, float, float]:
    """What a ray from the camera meets first: surface, distance, normal."""
    t, nx, ny, nz = _object(ox, oy, oz, dx, dy, dz, shape, scale, room)
    surface = OBJECT if t < _FAR else SKY
    if dz < 0 and -oz / dz < t:
        surface, t, nx, ny, nz = FLOOR, -oz / dz, 0.0, 0.0, 1.0
    if dy > 0 and (room.back - oy) / dy < t:
        surface, t, nx, ny, nz = WALL, (room.back - oy) / dy, 0.0, -1.0, 0.0
    if dx < 0 and (-room.side - ox) / dx < t:
        surface, t, nx, ny, nz = WALL, (-room.side - ox) / dx, 1.0, 0.0, 0.0
    if dx > 0 and (room.side - ox) / dx < t:
        surface, t, nx, ny, nz = WALL, (room.side - ox) / dx, -1.0, 0.0, 0.0
    if surface == WALL and oz + t * dz > room.wall:
        surface = SKY
    return surface, t, nx, ny, nz


@compiled
def _look(u: float, v: float, view: View, shape: int, scale: float, room: Room) -> tuple[int, float, float]:
    """What is seen at a point of the picture, given in pixels.

    Returns:
        A number that changes at every edge, modulo 4 the surface; its brightness; its glare.
    """
    right, up = (u - _SIZE / 2) / room.focal, (_SIZE / 2 - v) / room.focal
    ahead = view.level + up * view.down
    dx, dy = right * view.cosine - ahead * view.sine, right * view.sine + ahead * view.cosine
    dz = up * view.level - view.down
    ox, oy, oz = view.sine, -view.cosine, room.height
    surface, t, nx, ny, nz = _surface(ox, oy, oz, dx, dy, dz, shape, scale, room)
    if surface == SKY:
        return SKY, 1.0, 0.0
    x, y, z = ox + t * dx, oy + t * dy, oz + t * dz
    facing = max(view.level * (nx * view.sine - ny * view.cosine) + view.down * nz, 0.0)
    lx, ly, lz = room.lamp_x - x, room.lamp_y - y, room.lamp_z - z
    reach = np.sqrt(lx * lx + ly * ly + lz * lz)
    towards = (nx * lx + ny * ly + nz * lz) / reach
    lit = towards > 0
    if lit and surface == FLOOR:
        lit = _object(x, y, z, lx, ly, lz, shape, scale, room)[0] >= 1.0
    lamp = 0.0
    if lit:
        ax, ay, az = room.lamp_x - room.aim_x, room.lamp_y - room.aim_y, room.lamp_z
        middle = (ax * lx + ay * ly + az * lz) / (reach * np.sqrt(ax * ax + ay * ay + az * az))
        lamp = towards * max(middle, 0.0) ** 4
    number = surface + 4 * int(lit) + 8 * int(nx > 0.999) + 16 * int(nx < -0.999) + 32 * int(nz > 0.999)
    strength = room.floor_lamp if surface == FLOOR else (room.wall_lamp if surface == WALL else room.object_lamp)
    bright = room.everywhere + room.camera * facing + strength * lamp
    return number, bright, room.glare if lit and surface == OBJECT else 0.0


@compiled
def _trace(scale: float, shape: int, turn: float, room: Room, middles: Rays, edges: Rays, places: Integers) -> int:
    """Send the rays of one picture: one to the middle of every pixel, and 16 where a neighbour shows another surface.

    Args:
        scale: Of the object.
        shape: Of the object.
        turn: Orientation in radians.
        room: The rest.
        middles: Overwritten, (4096,).
        edges: Overwritten as far as needed, (65536,): 16 rays for each place.
        places: Overwritten as far as needed, (4096,): pixels that have 16 rays.

    Returns:
        How many pixels have 16 rays.
    """
    view = View(np.sin(turn), np.cos(turn), np.sin(room.tilt), np.cos(room.tilt))
    seen = np.empty((_SIZE, _SIZE), np.int64)
    for i in range(_SIZE):
        for j in range(_SIZE):
            number, bright, glare = _look(j + 0.5, i + 0.5, view, shape, scale, room)
            seen[i, j] = number
            pixel = _SIZE * i + j
            middles.surface[pixel], middles.bright[pixel], middles.glare[pixel] = number % 4, bright, glare
    count, last = 0, _SIZE - 1
    for i in range(_SIZE):
        for j in range(_SIZE):
            here = seen[i, j]
            beside = seen[i, max(j - 1, 0)] == here and seen[i, min(j + 1, last)] == here
            if beside and seen[max(i - 1, 0), j] == here and seen[min(i + 1, last), j] == here:
                continue
            places[count] = _SIZE * i + j
            for k in range(_SAMPLES * _SAMPLES):
                u, v = j + (k % _SAMPLES + 0.5) / _SAMPLES, i + (k // _SAMPLES + 0.5) / _SAMPLES
                number, bright, glare = _look(u, v, view, shape, scale, room)
                ray = _SAMPLES * _SAMPLES * count + k
                edges.surface[ray], edges.bright[ray], edges.glare[ray] = number % 4, bright, glare
            count += 1
    return count


@compiled
def _paint(colours: Floats, middles: Rays, edges: Rays, places: Integers, count: int, picture: Bytes) -> None:
    """Colour (4, 3) what the rays have met: a picture (3, 4096)."""
    each = _SAMPLES * _SAMPLES
    for c in range(3):
        for pixel in range(_SIZE * _SIZE):
            bright = colours[middles.surface[pixel], c] * middles.bright[pixel] + middles.glare[pixel]
            picture[c, pixel] = np.uint8(255 * min(bright, 1.0) + 0.5)
        for place in range(count):
            total = 0.0
            for ray in range(each * place, each * (place + 1)):
                total += min(colours[edges.surface[ray], c] * edges.bright[ray] + edges.glare[ray], 1.0)
            picture[c, places[place]] = np.uint8(255 * total / each + 0.5)


@compiled
def draw_scenes(
    objects: Floats, starts: Integers, order: Integers, colours: Floats, room: Room, pictures: Bytes
) -> None:
    """Draw scenes; the rays of those that differ in colour alone are sent once.

    Args:
        objects: Scale, shape (0 to 3) and orientation in radians of the different objects, (M, 3).
        starts: Object m is in the pictures `order[starts[m] : starts[m + 1]]`, (M + 1,).
        order: Numbers of pictures, (N,).
        colours: Of sky, floor, walls and object of each picture, from 0 to 1, (N, 4, 3).
        room: The rest.
        pictures: Overwritten, (N, 3, 4096).
    """
    pixels, rays = _SIZE * _SIZE, _SIZE * _SIZE * _SAMPLES * _SAMPLES
    middles = Rays(np.empty(pixels, np.uint8), np.empty(pixels), np.empty(pixels))
    edges = Rays(np.empty(rays, np.uint8), np.empty(rays), np.empty(rays))
    places = np.empty(pixels, np.int64)
    for m in range(len(objects)):
        count = _trace(objects[m, 0], int(objects[m, 1]), objects[m, 2], room, middles, edges, places)
        for n in order[starts[m] : starts[m + 1]]:
            _paint(colours[n], middles, edges, places, count, pictures[n])
