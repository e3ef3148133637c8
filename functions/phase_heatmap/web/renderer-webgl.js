// The cells in WebGL2: a texture that is a ring of columns, each uploaded when it changes, drawn in one pass.
//
// A row of the texture is a column of the picture, so that a column is one stretch of memory. Only whole texels are
// fetched: between two angles there is nothing to interpolate that would be right. What is larger than a texture may be
// lies in several, the layers of an array, each a tile of the picture.

import { ANGLES, FADES, table } from "./colours.js";

const VERTEX = `#version 300 es
void main() { // one triangle over the whole picture
  gl_Position = vec4(vec2(gl_VertexID & 1, gl_VertexID >> 1) * 4.0 - 1.0, 0.0, 1.0);
}`;

const FRAGMENT = `#version 300 es
precision highp float;
precision highp int;
precision highp usampler2DArray;
uniform usampler2DArray cells;
uniform sampler2D colours;
uniform ivec2 size; // columns, rows
uniform int first; // the ring's slot of the leftmost column
uniform ivec2 tile; // binary digits of a tile's side, and tiles from the first row to the last
out vec4 colour;
void main() {
  ivec2 at = ivec2(gl_FragCoord.xy);
  int slot = (first + at.x) % size.x;
  int row = size.y - 1 - at.y;
  int side = (1 << tile.x) - 1;
  int layer = (slot >> tile.x) * tile.y + (row >> tile.x);
  uvec2 cell = texelFetch(cells, ivec3(row & side, slot & side, layer), 0).rg;
  colour = cell.g == 0u ? vec4(0.0) : texelFetch(colours, ivec2(cell.r, cell.g >> 4), 0);
}`;

const MOST_TILE = 4096; // a side that every graphics card likes

/** The browser has no WebGL2, or not enough of it. */
export class NoWebglError extends Error {}

export class WebglRenderer {
  kind = "webgl2";
  #gl;
  #columns = 0;
  #rows = 0;
  #digits; // binary ones of a tile's side
  #waiting = false; // for a drawing to be done
  #prepared = 0; // times; what was made before the last one is of a context that is gone
  /** @type {WebGLTexture | null} */
  #cells = null;
  /** @type {Record<string, WebGLUniformLocation | null>} */
  #places = {};

  /** @param {HTMLCanvasElement} canvas @param {number} [mostTile] the side of a tile at most @throws {NoWebglError} */
  constructor(canvas, mostTile = MOST_TILE) {
    const gl = canvas.getContext("webgl2", {
      alpha: true, antialias: false, depth: false, stencil: false, powerPreference: "high-performance",
    });
    if (gl === null) throw new NoWebglError("the browser has no WebGL2");
    this.#gl = gl;
    this.canvas = canvas;
    this.name = rendererName(gl);
    // Of the picture; how large a texture may be is a matter of tiles.
    this.most = Math.min(...gl.getParameter(gl.MAX_VIEWPORT_DIMS), gl.getParameter(gl.MAX_RENDERBUFFER_SIZE));
    this.#digits = Math.floor(Math.log2(Math.min(mostTile, gl.getParameter(gl.MAX_TEXTURE_SIZE))));
    this.prepare();
  }

  /** Program and colours: at the start, and again when a lost context is back. @throws {NoWebglError} */
  prepare() {
    const gl = this.#gl;
    this.#prepared += 1;
    this.#waiting = false;
    const program = linked(gl);
    gl.useProgram(program);
    for (const name of ["cells", "colours", "size", "first", "tile"]) this.#places[name] = gl.getUniformLocation(program, name);
    gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
    gl.bindVertexArray(gl.createVertexArray());
    texture(gl, 1, gl.TEXTURE_2D);
    const colours = new Uint8Array(table().buffer);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, ANGLES, FADES, 0, gl.RGBA, gl.UNSIGNED_BYTE, colours);
    gl.uniform1i(this.#places.colours, 1);
    gl.uniform1i(this.#places.cells, 0);
    this.#cells = null;
  }

  /** A picture of this many cells, all of them gaps. @param {number} columns @param {number} rows */
  resize(columns, rows) {
    const gl = this.#gl;
    [this.#columns, this.#rows] = [columns, rows];
    if (this.canvas.width !== columns || this.canvas.height !== rows) {
      [this.canvas.width, this.canvas.height] = [columns, rows];
    }
    gl.viewport(0, 0, columns, rows);
    gl.deleteTexture(this.#cells);
    this.#cells = texture(gl, 0, gl.TEXTURE_2D_ARRAY);
    const side = 1 << this.#digits;
    const [down, across] = [Math.ceil(rows / side), Math.ceil(columns / side)];
    gl.texStorage3D(
      gl.TEXTURE_2D_ARRAY, 1, gl.RG8UI, Math.min(rows, side), Math.min(columns, side), down * across,
    );
    gl.uniform2i(this.#places.tile, this.#digits, down);
    // WebGL hands out storage that holds zeros: gaps.
    gl.uniform2i(this.#places.size, columns, rows);
  }

  /** Successive columns of the ring, from a slot on. @param {number} slot @param {Uint8Array} cells */
  put(slot, cells) {
    const gl = this.#gl;
    const rows = this.#rows;
    const end = slot + cells.length / (2 * rows);
    const side = 1 << this.#digits;
    const down = Math.ceil(rows / side);
    // Browsers refuse several rows of a texture at once that are cut out of longer ones.
    const most = down > 1 ? 1 : side;
    gl.pixelStorei(gl.UNPACK_ROW_LENGTH, rows);
    for (let column = slot, wide = 0; column < end; column += wide) {
      wide = Math.min(most, side - (column % side), end - column);
      gl.pixelStorei(gl.UNPACK_SKIP_ROWS, column - slot);
      for (let row = 0; row < rows; row += side) {
        gl.pixelStorei(gl.UNPACK_SKIP_PIXELS, row);
        const layer = Math.floor(column / side) * down + row / side;
        gl.texSubImage3D(
          gl.TEXTURE_2D_ARRAY, 0, 0, column % side, layer, Math.min(side, rows - row), wide, 1,
          gl.RG_INTEGER, gl.UNSIGNED_BYTE, cells,
        );
      }
    }
  }

  /** @param {number} first the slot that is leftmost */
  draw(first) {
    const gl = this.#gl;
    gl.uniform1i(this.#places.first, first);
    gl.drawArrays(gl.TRIANGLES, 0, 3);
  }

  /**
   * Call back when all that was asked for is drawn; not if another call still waits, or the context is lost.
   *
   * @param {() => void} done
   * @param {(ask: () => void) => void} pause between two questions whether it is. By timers, 1 ms and later 4 ms apart:
   *   to ask without a pause takes time that belongs to others
   * @returns {boolean} whether it may call back
   */
  whenDone(done, pause = (ask) => setTimeout(ask, 1)) {
    const gl = this.#gl;
    const fence = this.#waiting ? null : gl.fenceSync(gl.SYNC_GPU_COMMANDS_COMPLETE, 0);
    if (fence === null) return false;
    this.#waiting = true;
    const prepared = this.#prepared;
    gl.flush();
    const ask = () => {
      if (prepared !== this.#prepared) return;
      const status = gl.clientWaitSync(fence, 0, 0);
      if (status === gl.TIMEOUT_EXPIRED && !gl.isContextLost()) {
        pause(ask);
        return;
      }
      this.#waiting = false;
      gl.deleteSync(fence);
      if (status !== gl.WAIT_FAILED && !gl.isContextLost()) done();
    };
    pause(ask);
    return true;
  }

  dispose() {
    this.#gl.getExtension("WEBGL_lose_context")?.loseContext();
  }
}

/** @param {WebGL2RenderingContext} gl @param {number} unit @param {number} target @returns {WebGLTexture | null} */
function texture(gl, unit, target) {
  const made = gl.createTexture();
  gl.activeTexture(gl.TEXTURE0 + unit);
  gl.bindTexture(target, made);
  gl.texParameteri(target, gl.TEXTURE_MIN_FILTER, gl.NEAREST);
  gl.texParameteri(target, gl.TEXTURE_MAG_FILTER, gl.NEAREST);
  gl.texParameteri(target, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
  gl.texParameteri(target, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
  return made;
}

/** @param {WebGL2RenderingContext} gl */
function linked(gl) {
  const program = gl.createProgram();
  for (const [kind, source] of /** @type {const} */ ([[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, FRAGMENT]])) {
    const shader = gl.createShader(kind);
    if (shader === null || program === null) throw new NoWebglError("the context is lost");
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS)) {
    throw new NoWebglError(`the shaders do not link: ${gl.getProgramInfoLog(program)}`);
  }
  return program;
}

/** @param {WebGL2RenderingContext} gl */
function rendererName(gl) {
  const info = gl.getExtension("WEBGL_debug_renderer_info");
  return String(gl.getParameter(info === null ? gl.RENDERER : info.UNMASKED_RENDERER_WEBGL));
}
