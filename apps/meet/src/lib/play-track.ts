/**
 * Plays this track in the element, in place of the one it played. The stream stays the same object: a new `srcObject`
 * makes the element load anew, which is heard as a gap and seen as a black picture, and a change within the stream is
 * neither. The new track is in before the old one is out, so that the stream never ends.
 * @returns the promise of `play()`
 */
export const playTrack = (element: HTMLMediaElement, track: MediaStreamTrack): Promise<void> => {
  const playing = element.srcObject;
  if (playing instanceof MediaStream) {
    const before = playing.getTracks().filter((one) => one !== track);
    playing.addTrack(track);
    for (const one of before) playing.removeTrack(one);
  } else element.srcObject = new MediaStream([track]);
  return element.play();
};
