/** `transforms.functional`: what transforms do, as functions. */
export { centerCrop, crop, erase, horizontalFlip, pad, resize, resizedCrop, rotate, verticalFlip } from './geometry.ts';
export { adjustBrightness, adjustContrast, adjustHue, adjustSaturation, gaussianBlur, normalize, rgbToGrayscale, toDtype, toTensor } from './color.ts';
